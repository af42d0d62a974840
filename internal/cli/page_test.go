package cli_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/cli"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

// output can be read while a program writes it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var pageLink = regexp.MustCompile(`http://127\.0\.0\.1:\d+/sign-in\?once=\w+`)

func TestPage(t *testing.T) {
	t.Parallel()
	kubeconfig := sandboxtest.Kubeconfig(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, complaints output
	code := make(chan int, 1)
	go func() {
		code <- cli.Main(ctx, []string{"page", "--kubeconfig", kubeconfig, "--listen", "127.0.0.1:0"}, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &complaints})
	}()
	sandboxtest.Eventually(t, "a link is printed", func() bool { return pageLink.MatchString(out.String()) })
	link := pageLink.FindString(out.String())
	page, _, _ := strings.Cut(link, "/sign-in")
	get := func(browser *http.Client, address string) string {
		response, err := browser.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	mine, another := &http.Client{}, &http.Client{}
	mine.Jar, _ = cookiejar.New(nil)
	another.Jar, _ = cookiejar.New(nil)
	if got := get(another, page+"/api/v1/state"); !strings.Contains(got, "nobody is signed in") {
		t.Errorf("who has no link gets %s", got)
	}
	get(mine, link)
	if got := get(mine, page+"/api/v1/state"); !strings.Contains(got, `"via":"local"`) || !strings.Contains(got, "kube-system") {
		t.Errorf("who has the link gets %.300s", got)
	}
	get(another, link)
	if got := get(another, page+"/api/v1/me"); !strings.Contains(got, "nobody is signed in") {
		t.Errorf("who has the same link later gets %s", got)
	}
	if links := pageLink.FindAllString(out.String(), -1); len(links) != 2 || links[0] == links[1] {
		t.Errorf("printed are %v: one that is used, and the next", links)
	}
	cancel()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d: %s", got, complaints.String())
	}
}
