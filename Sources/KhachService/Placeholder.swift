internal import KhachProto
package import TTRPC
internal import SwiftProtobuf

package func probe(_ p: Payload) throws -> Payload {
    let r = try Khach_V1_GetCustomerRequest(serializedBytes: p)
    return try r.serializedBytes()
}
