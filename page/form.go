package page

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/sx-framework/sxgo/sx"
)

// submission is what a request sends besides its path: the query, and the body as a form or as JSON.
type submission struct {
	query url.Values
	form  url.Values
	json  *sx.Dict            // of an application/json body
	files map[string][]upload // of a multipart body, streamed to disk
	temps []string            // paths to remove when the request is done
	room  formRoom            // that they take
}

// upload is one file of a multipart form.
type upload struct {
	name string // as the client called it, without folders
	kind string // content type that the client claims
	size int64
	path string // on disk, until the request is done
}

func (u upload) value() sx.Value {
	d := sx.NewDict(4)
	d.Set("name", sx.String(u.name))
	d.Set("type", sx.String(u.kind))
	d.Set("size", sx.Number(float64(u.size)))
	d.Set("path", sx.String(u.path))
	return sx.DictOf(d)
}

const (
	bodyMost   = 10 << 20 // default limit of a request body
	fieldsMost = 1000     // fields of one form, files included
	fieldMost  = 1 << 20  // bytes of one field that is no file
)

// statusError is an error that decides the status of the response.
type statusError struct {
	status int
	reason string
}

func (e *statusError) Error() string { return e.reason }

// readSubmission reads query and body. The body is limited by the caller through http.MaxBytesReader, and room bounds
// what its files take. Call discard when the request is done, also after an error.
func readSubmission(r *http.Request, room formRoom) (*submission, error) {
	s := &submission{form: url.Values{}, room: room}
	var err error
	if s.query, err = parseFields(r.URL.RawQuery); err != nil {
		return s, err
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Body == nil || r.Body == http.NoBody {
		if r.Header.Get("Datastar-Request") != "" {
			// A handler's parameters come from the signals, wherever they travel.
			d, err := s.signals()
			if err != nil {
				return s, &statusError{http.StatusBadRequest, "the signals are not a JSON object"}
			}
			if d.Len() > 0 {
				s.json = d
			}
		}
		return s, nil
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") != "" {
		return s, &statusError{http.StatusUnsupportedMediaType, "the content type cannot be read"}
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return s, bodyError(err)
		}
		s.form, err = parseFields(string(data))
		return s, err
	case "multipart/form-data":
		return s, s.readMultipart(multipart.NewReader(r.Body, params["boundary"]), params["boundary"])
	case "application/json":
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return s, bodyError(err)
		}
		v, err := decodeJSON(data)
		if err != nil || v.Dict() == nil {
			return s, &statusError{http.StatusBadRequest, "the body is not a JSON object"}
		}
		s.json = v.Dict()
		return s, nil
	case "":
		// A request without a body may omit the type (fetch with method POST does).
		if n, err := io.ReadFull(r.Body, make([]byte, 1)); n == 0 && errors.Is(err, io.EOF) {
			return s, nil
		}
	}
	return s, &statusError{http.StatusUnsupportedMediaType,
		"the content type must be application/x-www-form-urlencoded, multipart/form-data or application/json"}
}

func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &statusError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body exceeds the limit of %d bytes", tooLarge.Limit)}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errSlowBody
	}
	return &statusError{http.StatusBadRequest, "the body could not be read"}
}

// errSlowBody ends a request whose body does not come.
var errSlowBody = &statusError{http.StatusRequestTimeout, "the body did not come in time"}

func parseFields(text string) (url.Values, error) {
	if strings.Count(text, "&") >= fieldsMost {
		return nil, &statusError{http.StatusRequestEntityTooLarge, fmt.Sprintf("more than %d fields", fieldsMost)}
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, &statusError{http.StatusBadRequest, "the fields are not well formed"}
	}
	for _, all := range values {
		for i, v := range all {
			if !utf8.ValidString(v) {
				all[i] = strings.ToValidUTF8(v, "\ufffd")
			}
		}
	}
	return values, nil
}

func (s *submission) readMultipart(m *multipart.Reader, boundary string) error {
	if boundary == "" {
		return &statusError{http.StatusBadRequest, "multipart/form-data without a boundary"}
	}
	s.files = map[string][]upload{}
	for n := 0; ; n++ {
		part, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bodyError(err)
		}
		if n == fieldsMost {
			return &statusError{http.StatusRequestEntityTooLarge, fmt.Sprintf("more than %d fields", fieldsMost)}
		}
		name := part.FormName()
		if part.FileName() == "" && !strings.Contains(part.Header.Get("Content-Disposition"), "filename") {
			data, err := io.ReadAll(io.LimitReader(part, fieldMost+1))
			if err != nil {
				return bodyError(err)
			}
			if len(data) > fieldMost {
				return &statusError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the field %s exceeds %d bytes", name, fieldMost)}
			}
			s.form[name] = append(s.form[name], strings.ToValidUTF8(string(data), "\ufffd"))
			continue
		}
		u, err := s.store(part)
		if err != nil {
			return err
		}
		if u.name != "" || u.size > 0 { // a file input left empty sends an empty file without a name
			s.files[name] = append(s.files[name], u)
		}
	}
}

func (s *submission) store(part *multipart.Part) (upload, error) {
	f, err := os.CreateTemp("", "sx-upload-*")
	if err != nil {
		return upload{}, noRoom(err)
	}
	s.temps = append(s.temps, f.Name())
	n, err := io.Copy(spooled{f, &s.room}, part)
	if cerr := f.Close(); err == nil && cerr != nil {
		return upload{}, noRoom(cerr)
	}
	var se *statusError
	switch {
	case errors.As(err, &se):
		return upload{}, err
	case err != nil:
		return upload{}, bodyError(err)
	}
	name := path.Base(strings.ReplaceAll(part.FileName(), "\\", "/"))
	if name == "." || name == "/" || name == ".." {
		name = ""
	}
	kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
	return upload{name: strings.ToValidUTF8(name, "\ufffd"), kind: kind, size: n, path: f.Name()}, nil
}

// discard removes uploaded files that nobody moved away.
func (s *submission) discard() {
	for _, t := range s.temps {
		os.Remove(t)
	}
	s.room.free()
}

// lookup returns what was sent under a name: the JSON value, files, the values of the form's fields, or of
// the query's.
func (s *submission) lookup(name string) (value sx.Value, texts []string, ok bool) {
	if s.json != nil {
		if v, ok := s.json.Lookup(name); ok {
			return v, nil, true
		}
	}
	if files := s.files[name]; len(files) > 0 {
		if len(files) == 1 {
			return files[0].value(), nil, true
		}
		l := sx.NewList()
		for _, f := range files {
			l.Items = append(l.Items, f.value())
		}
		return sx.ListOf(l), nil, true
	}
	if t, ok := s.form[name]; ok {
		return sx.Nil, t, true
	}
	if t, ok := s.query[name]; ok {
		return sx.Nil, t, true
	}
	return sx.Nil, nil, false
}

// raw gives everything sent, as (request-form) does: a text, or a list of texts for a repeated name.
func (s *submission) raw() *sx.Dict {
	if s.json != nil {
		return s.json
	}
	d := sx.NewDict(len(s.form))
	for _, name := range sortedKeys(s.form) {
		d.Set(name, textsValue(s.form[name]))
	}
	for _, name := range sortedKeys(s.files) {
		v, _, _ := s.lookup(name)
		d.Set(name, v)
	}
	return d
}

func textsValue(texts []string) sx.Value {
	if len(texts) == 1 {
		return sx.String(texts[0])
	}
	l := sx.NewList()
	for _, t := range texts {
		l.Items = append(l.Items, sx.String(t))
	}
	return sx.ListOf(l)
}
