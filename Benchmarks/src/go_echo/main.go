// The echo of the golden vectors by Debian's Go ttrpc: go_echo
//
// It repeats the bytes and decodes nothing, which is less than the other servers do.
package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os"

	"github.com/containerd/ttrpc"
)

// A message as its bytes.
type raw struct{ bytes []byte }

func (m *raw) Reset()                   { m.bytes = nil }
func (m *raw) String() string           { return hex.EncodeToString(m.bytes) }
func (m *raw) ProtoMessage()            {}
func (m *raw) Marshal() ([]byte, error) { return m.bytes, nil }
func (m *raw) Unmarshal(b []byte) error { m.bytes = append([]byte(nil), b...); return nil }

func echo(ctx context.Context, unmarshal func(interface{}) error) (interface{}, error) {
	message := &raw{}
	if err := unmarshal(message); err != nil {
		return nil, err
	}
	return message, nil
}

func main() {
	server, err := ttrpc.NewServer()
	if err == nil {
		server.Register("ttrpc.integration.streaming.Streaming",
			map[string]ttrpc.Method{"Echo": echo})
		var listener net.Listener
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err == nil {
			fmt.Println("listening tcp:" + listener.Addr().String())
			err = server.Serve(context.Background(), listener)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
