package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// SignalsError says why client state could not be read from a request. It is the client's fault: answer 400.
type SignalsError struct{ Err error }

// Error describes what was wrong.
func (e *SignalsError) Error() string { return "signals: " + e.Err.Error() }

// Unwrap returns the cause, for example a *json.SyntaxError.
func (e *SignalsError) Unwrap() error { return e.Err }

// signalsParam is the query parameter or form field that carries client state.
const signalsParam = "signals"

// maxSignals bounds what is read.
const maxSignals = 1 << 20

// ReadSignals reads the client's state into the value that into points at, as encoding/json does: from the query parameter "signals" of GET, HEAD and
// DELETE requests, from a JSON body, or from the form field "signals". Without any, into is left alone. What is not valid
// JSON, does not fit into, or is larger than 1 MiB is a *SignalsError.
func ReadSignals(r *http.Request, into any) error { return readSignals(r, signalsParam, into) }

func readSignals(r *http.Request, param string, into any) error {
	data, err := signalsText(r, param)
	if err != nil {
		return &SignalsError{err}
	}
	if len(data) == 0 {
		return nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return &SignalsError{err}
	}
	return nil
}

func signalsText(r *http.Request, param string) ([]byte, error) {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodDelete, "":
		return []byte(r.URL.Query().Get(param)), nil
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/x-www-form-urlencoded", "multipart/form-data":
		r.Body = http.MaxBytesReader(nil, r.Body, 4*maxSignals) // other fields come along
		if err := r.ParseMultipartForm(maxSignals); err != nil && !errors.Is(err, http.ErrNotMultipart) {
			return nil, err
		}
		return []byte(r.FormValue(param)), nil
	}
	if r.Body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxSignals+1))
	if err == nil && len(data) > maxSignals {
		err = fmt.Errorf("body is larger than %d bytes", maxSignals)
	}
	return data, err
}
