// A stock Go client (Debian's containerd/ttrpc) that calls whatever answers at ADDRESS.
//
//	go-peer ADDRESS echo N CONCURRENCY             checks against ttrpc-testd
//	go-peer ADDRESS stop PID 1                     stops ttrpc-testd in the middle of a call
//	go-peer ADDRESS call SERVICE METHOD HEXPAYLOAD one call, bytes in and bytes out
//
// Prints one JSON line per check; exits 1 when a check did not hold.
package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/containerd/ttrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const service = "ttrpc.integration.streaming.Streaming"

// raw is a message of bytes that nobody here interprets.
type raw struct{ bytes []byte }

func (m *raw) Reset()                   { m.bytes = nil }
func (m *raw) String() string           { return hex.EncodeToString(m.bytes) }
func (m *raw) ProtoMessage()            {}
func (m *raw) Marshal() ([]byte, error) { return m.bytes, nil }
func (m *raw) Unmarshal(b []byte) error { m.bytes = append([]byte(nil), b...); return nil }

// echo is EchoPayload{1 seq, 2 msg} with a message of at most 2 MiB.
func echo(seq uint64, msg string) []byte {
	b := appendVarint([]byte{0x08}, seq)
	b = appendVarint(append(b, 0x12), uint64(len(msg)))
	return append(b, msg...)
}

func appendVarint(b []byte, v uint64) []byte {
	for ; v >= 0x80; v >>= 7 {
		b = append(b, byte(v)|0x80)
	}
	return append(b, byte(v))
}

func dial(address string) (*ttrpc.Client, error) {
	network, rest := "tcp", strings.TrimPrefix(address, "tcp:")
	if strings.HasPrefix(address, "unix:") {
		network, rest = "unix", strings.TrimPrefix(address, "unix:")
	}
	conn, err := net.DialTimeout(network, rest, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return ttrpc.NewClient(conn), nil
}

func call(ctx context.Context, c *ttrpc.Client, service, method string, in []byte) ([]byte, error) {
	var out raw
	err := c.Call(ctx, service, method, &raw{in}, &out)
	return out.bytes, err
}

var failed bool

func report(check string, ok bool, found string) {
	failed = failed || !ok
	line, _ := json.Marshal(map[string]interface{}{"check": check, "ok": ok, "found": found})
	fmt.Println(string(line))
}

// expectCode reports whether err is a status of that code with that text in it.
func expectCode(check string, err error, code codes.Code, text string) {
	s, _ := status.FromError(err)
	report(check, err != nil && s.Code() == code && strings.Contains(s.Message(), text),
		fmt.Sprint(err))
}

func checkUnary(c *ttrpc.Client) {
	ctx := context.Background()
	out, err := call(ctx, c, service, "Echo", echo(1, "hello"))
	report("unary", err == nil && bytes.Equal(out, echo(2, "hello")), fmt.Sprintf("%x %v", out, err))

	out, err = call(ctx, c, service, "Echo", nil)
	report("empty message", err == nil, fmt.Sprintf("%x %v", out, err))

	md := ttrpc.MD{}
	md.Set("authorization", "Bearer abc")
	timed, cancel := context.WithTimeout(ttrpc.WithMetadata(ctx, md), 5*time.Second)
	defer cancel()
	out, err = call(timed, c, service, "Echo", echo(1, "meta"))
	report("metadata and deadline", err == nil &&
		bytes.Equal(out, echo(1, "map[authorization:[Bearer abc]] deadline~5s")),
		fmt.Sprintf("%q %v", out, err))

	_, err = call(ctx, c, service, "Echo", echo(1, "fail:"))
	s, _ := status.FromError(err)
	report("error with details", s.Code() == codes.NotFound && len(s.Proto().Details) == 1 &&
		s.Proto().Details[0].TypeUrl == "type.googleapis.com/google.rpc.ErrorInfo",
		fmt.Sprintf("%v %v", err, s.Proto()))

	_, err = call(ctx, c, service, "Nope", nil)
	expectCode("unknown method", err, codes.Unimplemented, "method Nope")
	_, err = call(ctx, c, "no.such.Service", "Nope", nil)
	expectCode("unknown service", err, codes.Unimplemented, "service no.such.Service")
}

func checkLimits(c *ttrpc.Client) {
	begun := time.Now()
	timed, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := call(timed, c, service, "Echo", echo(1, "sleep:5s"))
	report("deadline", err != nil && time.Since(begun) < 2*time.Second, fmt.Sprint(err))

	_, err = call(context.Background(), c, service, "Echo", echo(1, strings.Repeat("x", 5<<20)))
	expectCode("oversize request", err, codes.ResourceExhausted, "maximum message size")

	text := strings.Repeat("x", 4<<20-1024)
	out, err := call(context.Background(), c, service, "Echo", echo(1, text))
	report("nearly 4 MiB", err == nil && bytes.Equal(out, echo(2, text)),
		fmt.Sprintf("%d bytes %v", len(out), err))

	out, err = call(context.Background(), c, service, "Echo", echo(1, "after"))
	report("the connection lives", err == nil && bytes.Equal(out, echo(2, "after")), fmt.Sprint(err))
}

func checkConcurrent(c *ttrpc.Client, count, concurrency int) {
	var group sync.WaitGroup
	errors := make(chan string, concurrency)
	begun := time.Now()
	for w := 0; w < concurrency; w++ {
		group.Add(1)
		go func(w int) {
			defer group.Done()
			for i := w; i < count; i += concurrency {
				text := fmt.Sprintf("n%d", i)
				out, err := call(context.Background(), c, service, "Echo", echo(uint64(i+1), text))
				if err != nil || !bytes.Equal(out, echo(uint64(i+2), text)) {
					errors <- fmt.Sprintf("call %d: %x %v", i, out, err)
					return
				}
			}
		}(w)
	}
	group.Wait()
	found := fmt.Sprintf("%d calls in %v", count, time.Since(begun).Round(time.Millisecond))
	select {
	case found = <-errors:
		report("concurrent", false, found)
	default:
		report("concurrent", true, found)
	}
}

func checkOutOfOrder(c *ttrpc.Client) {
	slow := make(chan error, 1)
	go func() {
		_, err := call(context.Background(), c, service, "Echo", echo(1, "sleep:500ms"))
		slow <- err
	}()
	_, err := call(context.Background(), c, service, "Echo", echo(1, "quick"))
	select {
	case <-slow:
		report("answers in any order", false, "the slow call ended first")
	default:
		err2 := <-slow
		report("answers in any order", err == nil && err2 == nil, fmt.Sprint(err, err2))
	}
}

// checkStop stops the server while a call runs: that one is answered, later ones are refused.
func checkStop(c *ttrpc.Client, pid int) {
	running := make(chan error, 1)
	go func() {
		out, err := call(context.Background(), c, service, "Echo", echo(1, "sleep:1s"))
		if err == nil && !bytes.Equal(out, echo(2, "sleep:1s")) {
			err = fmt.Errorf("another answer: %x", out)
		}
		running <- err
	}()
	// Ids go out in the order of calls, so once this is answered the other one has begun or is
	// next in line; a few more let it go ahead.
	for i := 0; i < 100; i++ {
		_, _ = call(context.Background(), c, service, "Echo", echo(1, "before"))
	}
	report("stop", syscall.Kill(pid, syscall.SIGTERM) == nil, "")

	var err error
	for err == nil {
		_, err = call(context.Background(), c, service, "Echo", echo(1, "after"))
	}
	s, _ := status.FromError(err)
	report("refused when it stops", s.Code() == codes.Unavailable, fmt.Sprint(err))
	report("what ran is answered", <-running == nil, "")
}

func main() {
	usage := "usage: go-peer ADDRESS echo N CONCURRENCY | go-peer ADDRESS stop PID 1 | go-peer ADDRESS call SERVICE METHOD HEX"
	if len(os.Args) < 5 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(64)
	}
	client, err := dial(os.Args[1])
	if err != nil {
		report("connect", false, err.Error())
		os.Exit(1)
	}
	defer client.Close()

	switch {
	case os.Args[2] == "echo":
		count, _ := strconv.Atoi(os.Args[3])
		concurrency, _ := strconv.Atoi(os.Args[4])
		checkUnary(client)
		checkLimits(client)
		checkConcurrent(client, count, concurrency)
		checkOutOfOrder(client)
	case os.Args[2] == "stop":
		pid, _ := strconv.Atoi(os.Args[3])
		checkStop(client, pid)
	case os.Args[2] == "call" && len(os.Args) == 6:
		in, err := hex.DecodeString(os.Args[5])
		if err != nil {
			fmt.Fprintln(os.Stderr, usage)
			os.Exit(64)
		}
		out, err := call(context.Background(), client, os.Args[3], os.Args[4], in)
		if err != nil {
			s, _ := status.FromError(err)
			report("call", false, fmt.Sprintf("%d %s", s.Code(), s.Message()))
		} else {
			report("call", true, hex.EncodeToString(out))
		}
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(64)
	}
	if failed {
		os.Exit(1)
	}
}
