package lsp

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"sync"
)

// message is one of JSON-RPC 2.0: a request has an ID and a Method, a notification no ID.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// answer is a response: one of Result and Error.
type answer struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"` // null if the request's couldn't be read
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *problem        `json:"error,omitempty"`
}

// notification is a message that wants no answer.
type notification struct {
	Version string `json:"jsonrpc"`
	Method  string `json:"method"`
	Params  any    `json:"params"`
}

// problem is an error as the protocol tells it.
type problem struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (p *problem) Error() string { return p.Message }

// Codes of problems.
// Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#errorCodes
const (
	parseError     = -32700
	invalidRequest = -32600
	unknownMethod  = -32601
	invalidParams  = -32602
	internalError  = -32603
	notInitialized = -32002
)

// mostBody is the largest body that is read: a file of more than 10 MiB isn't checked, and JSON makes it longer.
const mostBody = 64 << 20

// contentLength is the header before a body. What a wrong length has left of the body before stands in front of it.
var contentLength = regexp.MustCompile(`(?i)content-length:[ \t]*(\d+)[ \t]*\r?\n$`)

var errTooLong = errors.New("the message is too long")

// reader reads messages: a header, an empty line, a body of the length that the header says.
// Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#baseProtocol
type reader struct{ in *bufio.Reader }

// next returns a body. After errTooLong the next one can be read; any other error ends it all.
func (r reader) next() ([]byte, error) {
	length := -1
	for {
		line, err := r.line()
		if err != nil {
			return nil, err
		}
		if isEmpty := string(line) == "\r\n" || string(line) == "\n"; isEmpty && length >= 0 {
			break
		}
		if said := contentLength.FindSubmatch(line); said != nil {
			if length, err = strconv.Atoi(string(said[1])); err != nil || length > mostBody {
				return nil, errTooLong // its body is passed over as lines that are no header
			}
		}
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r.in, body)
	return body, err
}

// line returns a line, or the end of one that is too long for a header.
func (r reader) line() ([]byte, error) {
	for {
		line, err := r.in.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// writer writes messages, whole ones, whoever calls it.
type writer struct {
	mu  sync.Mutex
	out io.Writer
}

func (w *writer) write(m any) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write a message: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err = fmt.Fprintf(w.out, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return err
}
