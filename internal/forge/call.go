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
	"slices"
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
	errConflict  = errors.New("it is there already, or was changed just now")
)

// caller calls a forge's API with a token.
type caller struct {
	kind   Kind
	token  string
	client *http.Client
	does   doing
}

// doing is what a caller writes, for the words of a refusal.
type doing struct {
	rights map[Kind]string // that a token needs
	what   string
	check  string
}

func newCaller(kind Kind, token string) *caller {
	return &caller{kind: kind, token: token, does: commenting, client: &http.Client{
		Timeout: callTime,
		// A redirect would turn a write into a read, and take GitLab's header to wherever it points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// call sends in as JSON, unless it is nil, and reads the answer into out, unless that is nil.
func (c *caller) call(ctx context.Context, method, address string, in, out any) error {
	_, err := c.ask(ctx, method, address, in, out)
	return err
}

// ask is a call whose answer's header matters.
func (c *caller) ask(ctx context.Context, method, address string, in, out any) (http.Header, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	c.sign(request)
	answer, err := c.client.Do(request)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the address, which says nothing new
		}
		return nil, hint.With(fmt.Errorf("reach %s: %w", request.URL.Host, err), "check the address, and that this machine may reach it")
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer of %s: %w", request.URL.Host, err)
	case len(text) > mostAnswer:
		return nil, fmt.Errorf("the answer of %s is larger than %d MiB", request.URL.Host, mostAnswer>>20)
	case answer.StatusCode >= 300:
		return nil, c.refusal(answer, text)
	case out == nil:
		return answer.Header, nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return nil, c.isNot()
	}
	return answer.Header, nil
}

func (c *caller) isNot() error {
	return hint.With(fmt.Errorf("the answer is not that of %s", c.kind), "check the address")
}

// sign puts the token where the forge looks for it.
func (c *caller) sign(r *http.Request) {
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "fairlead")
	switch c.kind {
	case GitLab:
		r.Header.Set("PRIVATE-TOKEN", c.token)
	case Gitea:
		r.Header.Set("Authorization", "token "+c.token)
	case Bitbucket, BitbucketDataCenter:
		r.Header.Set("Authorization", "Bearer "+c.token)
		if user, password, isLogin := strings.Cut(c.token, ":"); isLogin { // an API token of a person's comes with the person's name
			r.SetBasicAuth(user, password)
		}
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

	Bitbucket:           "give the token the scope pullrequest:write",
	BitbucketDataCenter: "give the token the permission to read the repository",
}}

var settingStatus = doing{what: "status", check: "see that the commit is there", rights: map[Kind]string{
	GitHub: "give the token the right to write commit statuses",
	GitLab: "use a project access token with the scope api and the role Developer or higher",
	Gitea:  "give the token the scope write:repository",

	Bitbucket:           "give the token the scope repository:write",
	BitbucketDataCenter: "give the token the permission to read the repository",
}}

// refusal words an answer that isn't a yes.
func (c *caller) refusal(answer *http.Response, body []byte) error {
	said := c.said(body)
	switch code := answer.StatusCode; {
	case code == http.StatusUnauthorized && !bytes.Contains(body, []byte("AuthorisationException")): // which is Bitbucket Data Center's 403
		return hint.With(fmt.Errorf("%s refuses the token%s", c.kind, said), "make a new one: it may have expired, or be another forge's")
	case code == http.StatusTooManyRequests, code == http.StatusForbidden && isRateLimit(answer, body):
		return c.tooOften(answer, said)
	case code == http.StatusForbidden, code == http.StatusUnauthorized:
		return hint.With(fmt.Errorf("%w with this token%s", errForbidden, said), c.does.rights[c.kind])
	case code == http.StatusNotFound, code == http.StatusGone:
		return hint.With(fmt.Errorf("%w%s", errNotThere, said), "check the address, and that the token may see the repository: forges hide what it may not")
	case code == http.StatusConflict && !bytes.Contains(body, []byte("EmptyPullRequestException")), // of Bitbucket Data Center
		code == http.StatusUnprocessableEntity && strings.Contains(said, "already exists"): // of GitHub
		return hint.With(fmt.Errorf("%w%s", errConflict, said), "try again later")
	case code < 400:
		to := ""
		if u, err := answer.Location(); err == nil {
			to = ": " + u.Host
		}
		return hint.With(errors.New("the forge sends elsewhere"+to), "use the address it has now")
	case code == http.StatusUnprocessableEntity, code == http.StatusBadRequest, code == http.StatusConflict:
		return hint.With(fmt.Errorf("%s does not take the %s%s", c.kind, c.does.what, said), c.does.check)
	case code >= 500:
		return hint.With(fmt.Errorf("%s answers %s%s", c.kind, answer.Status, said), "try again later")
	default:
		return fmt.Errorf("%s answers %s%s", c.kind, answer.Status, said)
	}
}

// said is the forge's own message, bounded, and without the token should it be quoted. Shapes: GitHub {message, errors: [{message}]},
// GitLab {message: text, list or map by field} or {error}, Gitea {message}, Bitbucket {error: {message, detail}}, Bitbucket Data
// Center {errors: [{message}]}.
func (c *caller) said(body []byte) string {
	var answer struct {
		Message any `json:"message"`
		Error   any `json:"error"`
		Errors  any `json:"errors"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	text := strings.Join(slices.Concat(words(answer.Message), words(answer.Error), words(answer.Errors)), ": ")
	_, password, _ := strings.Cut(c.token, ":")
	for _, part := range []string{c.token, password} {
		if part != "" {
			text = strings.ReplaceAll(text, part, "***")
		}
	}
	if text == "" {
		return ""
	}
	return ": " + clip(text, 300, "…")
}

// words are what a message says in whatever shape.
func words(message any) (all []string) {
	switch message := message.(type) {
	case string:
		return []string{message}
	case []any:
		for _, one := range message {
			all = append(all, words(one)...)
		}
	case map[string]any:
		if one, ok := message["message"].(string); ok {
			return append([]string{one}, words(message["detail"])...)
		}
		return []string{strings.TrimPrefix(fmt.Sprint(message), "map")} // by field
	}
	return all
}
