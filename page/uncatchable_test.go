package page_test

import "testing"

// What begins another response passes through try, however it is wrapped; finally runs.
func TestNothingCatchesARedirect(t *testing.T) {
	s := serve(t, []string{"app.sx", `
(defpage home :path "/" :content (p "home"))
(defpage gone :path "/gone" :data {:x (try (abort 410 "gone") (catch e 1))} :content (p "kept"))
(defhandler by-try :path "/by-try" :method :get () (try (redirect "/") (catch e "caught")))
(defhandler by-call :path "/by-call" :method :get () (do (try-call (fn () (redirect "/"))) "went on"))
(defhandler by-finally :path "/by-finally" :method :get () (try (try (redirect "/") (finally (error "instead"))) (catch e "caught")))
(defhandler by-map :path "/by-map" :method :get () (map (fn (x) (try (redirect "/") (catch e x))) (list 1 2)))
`})
	for _, path := range []string{"/by-try", "/by-call", "/by-finally", "/by-map"} {
		resp, body := s.get(t, path)
		if resp.StatusCode != 303 && resp.StatusCode != 302 || resp.Header.Get("Location") != "/" {
			t.Errorf("%s: got %d %v %q", path, resp.StatusCode, resp.Header, body)
		}
	}
	if resp, body := s.get(t, "/gone"); resp.StatusCode != 410 {
		t.Errorf("/gone: got %d %q", resp.StatusCode, body)
	}
}
