package hook

import (
	"maps"
	"net/http"
	"slices"
	"testing"
)

// FuzzReaders sends whatever there is behind a right signature: it is a push, no push, or not understood.
func FuzzReaders(f *testing.F) {
	names := slices.Sorted(maps.Keys(senders))
	for i, name := range names {
		f.Add(uint8(i), senders[name].push)
		f.Add(uint8(i), `{"eventType": "git.push", "resource": {"repository": {"remoteUrl": "https://a.visualstudio.com/_git/"}}}`)
		f.Add(uint8(i), `{"repository": {"full_name": "/", "links": {"html": {"href": "https://[::1"}}}, "push": {"changes": [{}, null]}}`)
		f.Add(uint8(i), "payload=%zz")
	}
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		s := senders[names[int(which)%len(names)]]
		e := listen(secret)
		r := s.signed(body, noon)
		w := &recorder{header: http.Header{}}
		e.ServeHTTP(w, r)
		switch w.status {
		case http.StatusOK:
			isImages := len(e.pushes) == 0 && len(e.images) > 0 && len(e.images) <= mostTags
			if !isImages && (len(e.pushes) != 1 || len(e.pushes[0].Repositories) == 0 || slices.Contains(e.pushes[0].Repositories, "")) {
				t.Errorf("pushes %+v, images %q", e.pushes, e.images)
			}
		case http.StatusAccepted, http.StatusBadRequest:
			if len(e.pushes)+len(e.images) != 0 {
				t.Errorf("status %d, but told of %+v %q", w.status, e.pushes, e.images)
			}
		default:
			t.Errorf("status %d", w.status)
		}
	})
}

// recorder keeps nothing but the status, to be fast.
type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(p []byte) (int, error) { return len(p), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }
