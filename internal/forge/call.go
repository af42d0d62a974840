package forge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Bounds: no forge takes longer or sends more for what is asked of it here.
const (
	totalTime  = 2 * time.Minute
	callTime   = 30 * time.Second
	mostAnswer = 32 << 20 // a hundred comments of GitHub's longest, and what it says of their authors
)

// Errors that callers branch on.
var (
	errNotThere  = errors.New("not found")
	errForbidden = errors.New("not allowed")
)

// caller calls a forge's API with a token.
type caller struct {
	request Request
	token   string
	client  *http.Client
	does    doing
}

// doing is what a caller writes, for the words of a refusal.
type doing struct {
	rights map[Kind]string // that a token needs
	what   string
	check  string
}

func newCaller(r Request, token string) *caller {
	return &caller{request: r, token: token, does: commenting, client: &http.Client{
		Timeout: callTime,
		// A redirect would turn a write into a read, and take GitLab's header to wherever it points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// call sends in as JSON, unless it is nil, and reads the answer into out, unless that is nil.
func (c *caller) call(ctx context.Context, method, address string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return err
	}
	c.sign(request)
	answer, err := c.client.Do(request)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the address, which says nothing new
		}
		return hint.With(fmt.Errorf("reach %s: %w", request.URL.Host, err), "check the address, and that this machine may reach it")
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer of %s: %w", request.URL.Host, err)
	case len(text) > mostAnswer:
		return fmt.Errorf("the answer of %s is larger than %d MiB", request.URL.Host, mostAnswer>>20)
	case answer.StatusCode >= 300:
		return c.refusal(answer, text)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return hint.With(fmt.Errorf("the answer of %s is not that of %s", request.URL.Host, c.request.Kind), "check the address")
	}
	return nil
}

// sign puts the token where the forge looks for it.
func (c *caller) sign(r *http.Request) {
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "fairlead")
	switch c.request.Kind {
	case GitLab:
		r.Header.Set("PRIVATE-TOKEN", c.token)
	case Gitea:
		r.Header.Set("Authorization", "token "+c.token)
	default:
		r.Header.Set("Authorization", "Bearer "+c.token)
		r.Header.Set("Accept", "application/vnd.github+json")
		r.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	}
}

var commenting = doing{what: "comment", check: "see that the request is open and not locked", rights: map[Kind]string{
	GitHub: "give the token the right to write pull requests; in a workflow: permissions: {pull-requests: write}",
	GitLab: "use a project access token with the scope api and the role Reporter or higher; CI_JOB_TOKEN can't comment",
	Gitea:  "give the token the scopes read:user and write:issue",
}}

var settingStatus = doing{what: "status", check: "see that the commit is there", rights: map[Kind]string{
	GitHub: "give the token the right to write commit statuses",
	GitLab: "use a project access token with the scope api and the role Developer or higher",
	Gitea:  "give the token the scope write:repository",
}}

// refusal words an answer that isn't a yes.
func (c *caller) refusal(answer *http.Response, body []byte) error {
	said := c.said(body)
	switch code := answer.StatusCode; {
	case code == http.StatusUnauthorized:
		return hint.With(fmt.Errorf("%s refuses the token%s", c.request.Kind, said), "make a new one: it may have expired, or be another forge's")
	case code == http.StatusTooManyRequests, code == http.StatusForbidden && isRateLimit(answer, body):
		return hint.With(fmt.Errorf("%s lets nobody call so often%s", c.request.Kind, said), "try again"+retry(answer))
	case code == http.StatusForbidden:
		return hint.With(fmt.Errorf("%w with this token%s", errForbidden, said), c.does.rights[c.request.Kind])
	case code == http.StatusNotFound, code == http.StatusGone:
		return hint.With(fmt.Errorf("%w%s", errNotThere, said), "check the address, and that the token may see the repository: forges hide what it may not")
	case code < 400:
		to := ""
		if u, err := answer.Location(); err == nil {
			to = ": " + u.Host
		}
		return hint.With(errors.New("the forge sends elsewhere"+to), "use the address it has now")
	case code == http.StatusUnprocessableEntity, code == http.StatusBadRequest:
		return hint.With(fmt.Errorf("%s does not take the %s%s", c.request.Kind, c.does.what, said), c.does.check)
	case code >= 500:
		return hint.With(fmt.Errorf("%s answers %s%s", c.request.Kind, answer.Status, said), "try again later")
	default:
		return fmt.Errorf("%s answers %s%s", c.request.Kind, answer.Status, said)
	}
}

// said is the forge's own message, bounded, and without the token should it be quoted.
func (c *caller) said(body []byte) string {
	var answer struct {
		Message any    `json:"message"`
		Error   string `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	text := answer.Error
	if answer.Message != nil {
		text = fmt.Sprint(answer.Message)
	}
	if c.token != "" {
		text = strings.ReplaceAll(text, c.token, "***")
	}
	const most = 300
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	if text == "" {
		return ""
	}
	return ": " + text
}

// isRateLimit tells a limit from a right that is missing: GitHub answers 403 to both.
// Source: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
func isRateLimit(answer *http.Response, body []byte) bool {
	return answer.Header.Get("X-RateLimit-Remaining") == "0" || answer.Header.Get("Retry-After") != "" ||
		bytes.Contains(bytes.ToLower(body), []byte("rate limit"))
}

func retry(answer *http.Response) string {
	if after := answer.Header.Get("Retry-After"); after != "" {
		if d, err := time.ParseDuration(after + "s"); err == nil {
			return " in " + d.String()
		}
	}
	return " later"
}
