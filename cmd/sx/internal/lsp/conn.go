package lsp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// Messages of JSON-RPC 2.0 behind the header of the protocol's base (LSP 3.17, "Base Protocol").

const (
	headerMost = 4 << 10  // bytes of one header line
	headers    = 32       // header lines of one message
	bodyMost   = 64 << 20 // bytes of one message; a longer one is skipped and refused
	skipMost   = 1 << 32  // a message that claims more is nonsense, and nothing after it can be found
)

// Error codes of JSON-RPC and of the protocol.
const (
	codeParse          = -32700
	codeInvalidRequest = -32600
	codeNoMethod       = -32601
	codeInvalidParams  = -32602
	codeInternal       = -32603
	codeNotInitialized = -32002
	codeCancelled      = -32800
	codeRequestFailed  = -32803
)

// rpcError is the error of an answer.
type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *rpcError) Error() string { return e.Message }

// failed is the error of a request that is well formed and cannot be done.
func failed(format string, args ...any) error {
	return &rpcError{codeRequestFailed, fmt.Sprintf(format, args...)}
}

// message is a request, a notification (without an id) or an answer (without a method).
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`

	request *request // when it is one
}

// conn reads and writes messages. One goroutine reads; any may write.
type conn struct {
	in *bufio.Reader

	mu  sync.Mutex // of out
	out io.Writer
}

func newConn(in io.Reader, out io.Writer) *conn {
	return &conn{in: bufio.NewReaderSize(in, headerMost), out: out}
}

// read returns the next message. An *rpcError is about one message, and the next may be right; any other error is the
// end.
func (c *conn) read() (*message, error) {
	length, err := c.header()
	if err != nil {
		return nil, err
	}
	if length > bodyMost {
		if _, err := io.CopyN(io.Discard, c.in, length); err != nil {
			return nil, err
		}
		return nil, &rpcError{codeInvalidRequest, fmt.Sprintf("a message of %d bytes is longer than %d", length, int64(bodyMost))}
	}
	// Grows with what arrives, not with what was announced.
	var body bytes.Buffer
	if _, err := io.CopyN(&body, c.in, length); err != nil {
		return nil, noEOF(err)
	}
	m := &message{}
	if err := json.Unmarshal(body.Bytes(), m); err != nil {
		code := codeParse
		if json.Valid(body.Bytes()) { // an array, or a field of the wrong type
			code = codeInvalidRequest
		}
		return nil, &rpcError{code, "this is no message: " + err.Error()}
	}
	if string(m.ID) == "null" {
		m.ID = nil
	}
	if len(m.ID) > 0 && !strings.ContainsRune(`"-0123456789`, rune(m.ID[0])) {
		return nil, &rpcError{codeInvalidRequest, "an id is a number or a string"}
	}
	return m, nil
}

// header reads up to the body and gives its length.
func (c *conn) header() (int64, error) {
	length := int64(-1)
	for n := 0; ; n++ {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			if n > 0 || len(line) > 0 {
				err = noEOF(err)
			}
			return 0, err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" && length >= 0 {
			return length, nil
		}
		name, value, ok := strings.Cut(text, ":")
		if !ok || n == headers {
			return 0, fmt.Errorf("bad header %q", text)
		}
		if strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			length, err = strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			if err != nil || length < 0 || length > skipMost {
				return 0, fmt.Errorf("bad header %q", text)
			}
		}
	}
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// write sends a message.
func (c *conn) write(m any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		return err
	}
	body := bytes.TrimRight(b.Bytes(), "\n")
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.out.Write(append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(body)), body...))
	return err
}

// notify sends a notification.
func (c *conn) notify(method string, params any) error {
	return c.write(struct {
		Version string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{"2.0", method, params})
}

// answer sends the result of a request, or why there is none. A nil id stands for a request that could not be read.
func (c *conn) answer(id json.RawMessage, result any, err error) error {
	if id == nil {
		id = json.RawMessage("null")
	}
	if err == nil {
		return c.write(struct {
			Version string          `json:"jsonrpc"`
			ID      json.RawMessage `json:"id"`
			Result  any             `json:"result"`
		}{"2.0", id, result})
	}
	var e *rpcError
	if !errors.As(err, &e) {
		e = &rpcError{codeInternal, err.Error()}
	}
	return c.write(struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   *rpcError       `json:"error"`
	}{"2.0", id, e})
}
