package source

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/pattern"
)

// Errors that Fetch, Resolve, Prefetch and reads of a Snapshot return, besides those of logins, limits and Refs.
var (
	ErrRepositoryNotFound = errors.New("no git repository there")
	ErrUnreachable        = errors.New("the server does not answer") // worth another try later
	ErrTooManyRequests    = fmt.Errorf("%w", ErrUnreachable)         // not worth one before the next look is due
)

var (
	errHostKeyUnknown = errors.New("the server's host key is not in known_hosts")
	errHostKeyChanged = errors.New("the server shows another host key than known_hosts has for it")
	errCertificate    = errors.New("the server's certificate is not trusted")
	errMoved          = errors.New("the server sends elsewhere")
	errNoWants        = errors.New("the server gives only what branches and tags point at")
	errNotGit         = errors.New("the server's answer is not git's")
	errDumb           = errors.New("the server offers files only, not git's smart protocol")
	errEnded          = errors.New("the server ends the conversation")
	errDiskFull       = errors.New("the disk is full")
	errNoUser         = errors.New("ssh refuses to run under a user id that has no name")
	errOwner          = errors.New("the repository belongs to another user of this machine")
)

// gitError is a failed run of git. Its complaint is free of secrets.
type gitError struct {
	verb      string
	complaint string
	err       error
}

func (e *gitError) Error() string { return fmt.Sprintf("git %s: %s", e.verb, e.gist()) }
func (e *gitError) Unwrap() error { return e.err }

// gist is the line of the complaint that says most: the first one marked as an error, else the last. Git ends many a
// complaint with a paragraph that only sends one to look at the lines before it.
func (e *gitError) gist() string {
	gist := e.err.Error()
	for line := range strings.Lines(e.complaint) {
		text, marked := cutMark(strings.TrimSpace(line))
		switch {
		case text == "" || strings.HasPrefix(text, "Please make sure you have the correct access rights") || text == "and the repository exists.":
			continue
		case marked && text != "Could not read from remote repository.":
			return text
		}
		gist = text
	}
	return gist
}

func cutMark(line string) (text string, marked bool) {
	for _, mark := range []string{"fatal: ", "error: "} {
		if text, ok := strings.CutPrefix(line, mark); ok {
			return text, true
		}
	}
	return line, false
}

// verdicts say what git's and ssh's complaints mean, by what they contain in lower case. The first match counts.
// The words are those of git 2.39 with curl 7.88 and OpenSSH 9.2, and of the large forges.
var verdicts = []struct {
	says  string
	means error
	quote bool   // add the complaint's gist: it tells more
	next  string // "" for none
}{
	{"no space left on device", errDiskFull, false, "free some space where the mirrors are kept"},
	{"disk quota exceeded", errDiskFull, false, "free some space where the mirrors are kept"},

	{"remote host identification has changed", errHostKeyChanged, false, "if the server's owner has announced it, replace its lines in known_hosts; otherwise somebody may be listening in"},
	{"host key is known for", errHostKeyUnknown, false, ""},
	{"host key verification failed", errHostKeyUnknown, false, ""},
	{"no user exists for uid", errNoUser, false, "run under a user id that is in /etc/passwd, or use the repository's https address"},
	{"permission denied (", ErrAuthRefused, false, "see that the key's public half may read the repository"},
	{"too many authentication failures", ErrAuthRefused, false, "give the one key to use"},

	{"could not resolve host", ErrUnreachable, true, "see that the host's name is right and known here"},
	{"could not resolve proxy", ErrUnreachable, true, "see that the proxy's name is right"},
	{"connection refused", ErrUnreachable, true, "see that the address and port are right and the server runs"},
	{"couldn't connect to server", ErrUnreachable, true, "see that the address and port are right and the server runs"},
	{"failed to connect", ErrUnreachable, true, "see that the address and port are right and the server runs"},
	{"connection timed out", ErrUnreachable, true, "see that a firewall or proxy lets this machine reach it"},
	{"operation timed out", ErrUnreachable, true, "see that a firewall or proxy lets this machine reach it"},
	{"no route to host", ErrUnreachable, true, "see that a firewall or proxy lets this machine reach it"},
	{"network is unreachable", ErrUnreachable, true, "see that this machine has a network"},
	{"returned error: 429", ErrTooManyRequests, true, "the server wants fewer requests: raise the interval"},
	{"returned error: 5", ErrUnreachable, true, "the server is in trouble: try again later"},

	{"ssl certificate problem", errCertificate, true, "give the authority that has signed it, in PEM"},
	{"server certificate verification failed", errCertificate, true, "give the authority that has signed it, in PEM"},
	{"no alternative certificate subject name", errCertificate, true, "use the host name that the certificate is for"},
	{"error setting certificate", errCertificate, true, "see that the given authority is in PEM"},

	{"returned error: 301", errMoved, false, ""},
	{"returned error: 302", errMoved, false, ""},
	{"returned error: 303", errMoved, false, ""},
	{"returned error: 307", errMoved, false, ""},
	{"returned error: 308", errMoved, false, ""},

	{"could not read username", ErrAuthRequired, false, ""},
	{"could not read password", ErrAuthRequired, false, ""},
	{"authentication failed", ErrAuthRefused, false, loginHint},
	{"returned error: 401", ErrAuthRequired, false, ""},
	{"returned error: 403", ErrAuthRequired, false, ""},

	{"dubious ownership", errOwner, false, "allow it with: git config --global --add safe.directory DIR"},
	{"unadvertised object", errNoWants, false, ""},
	{"not our ref", ErrRefNotFound, false, ""},
	{"couldn't find remote ref", ErrRefNotFound, false, ""},
	{"dumb http transport", errDumb, false, "ask its owner for the address of the smart one"},
	{"is this a git repository", errNotGit, false, "see that the address is that of the repository itself, not of a page about it"},
	{"invalid server response", errNotGit, false, "see that the address is that of the repository itself, not of a page about it"},
	{"repository not found", ErrRepositoryNotFound, false, ""},
	{"does not appear to be a git repository", ErrRepositoryNotFound, false, ""},
	{"repository does not exist", ErrRepositoryNotFound, false, ""},
	{"the project you were looking for could not be found", ErrRepositoryNotFound, false, ""},
	{"returned error: 404", ErrRepositoryNotFound, false, ""},
	{"protocol error", errNotGit, true, seeWhatAnswers},
	{"bad line length", errNotGit, true, seeWhatAnswers},
	{"unexpected disconnect", ErrUnreachable, true, "try again later"},
	{"early eof", ErrUnreachable, true, "try again later"},
	{"hung up unexpectedly", ErrUnreachable, true, "try again later"},
	{"connection reset", ErrUnreachable, true, "try again later"},
	{"rpc failed", ErrUnreachable, true, "try again later"},
	{"could not read from remote repository", errEnded, true, "see that the address is right, and that the login may read the repository"},
}

// repositoryMissing is how git over http and file words it, with the address in the middle.
var repositoryMissing = pattern.New(`repository '.*' (not found|does not exist)`)

// explain turns a failed run of git on the repository at into what it means to a person. Any other error, and a
// complaint that nobody has met yet, stays as it is.
func explain(err error, at address, auth Auth) error {
	failed, ok := errors.AsType[*gitError](err)
	if !ok {
		return err
	}
	if refused := explainPush(failed.complaint); refused != nil {
		return refused
	}
	complaint := strings.ToLower(failed.complaint)
	if repositoryMissing().MatchString(complaint) {
		return explainMissing(at, auth)
	}
	for _, v := range verdicts {
		if !strings.Contains(complaint, v.says) {
			continue
		}
		switch v.means {
		case ErrRepositoryNotFound: //nolint:errorlint // the table's own values, never wrapped
			return explainMissing(at, auth)
		case errHostKeyUnknown:
			return hint.With(v.means, knownHostsHint(at))
		case ErrAuthRequired:
			return explainLogin(at, auth)
		}
		if v.quote {
			return hint.With(fmt.Errorf("%w: %s", v.means, failed.gist()), v.next)
		}
		return withHint(v.means, v.next)
	}
	return err
}

// explainMissing: a server that hides private repositories says "not found" to those who may not read them.
func explainMissing(at address, auth Auth) error {
	if auth.isGiven(at) {
		return hint.With(ErrRepositoryNotFound, "check the address, and that this login may read the repository")
	}
	return hint.With(ErrRepositoryNotFound, "check the address; a private repository wants a login")
}

// explainLogin: the server says the same to a wrong login as to none.
func explainLogin(at address, auth Auth) error { return loginError(auth.isGiven(at)) }

func loginError(given bool) error {
	if given {
		return hint.With(ErrAuthRefused, loginHint)
	}
	return hint.With(ErrAuthRequired, "give a username and password, or a token, that may read the repository")
}

const seeWhatAnswers = "see what answers at the address: a proxy or a sign-in page may stand before the server"

const loginHint = "see that the login is right, has not expired, and may read the repository"

func withHint(err error, next string) error {
	if next == "" {
		return err
	}
	return hint.With(err, next)
}

// slowError is context.DeadlineExceeded in words.
type slowError struct{ after time.Duration }

func (e slowError) Error() string        { return fmt.Sprintf("not done within %s", e.after) }
func (e slowError) Is(target error) bool { return target == context.DeadlineExceeded }

// within bounds ctx by the time-out of limits.
func (l Limits) within(ctx context.Context) (context.Context, context.CancelFunc) {
	slow := hint.With(slowError{l.Timeout}, "see that the server answers; a large repository may want a longer time-out")
	return context.WithTimeoutCause(ctx, l.Timeout, slow)
}

var (
	userInWebURL    = pattern.New(`(?i)(https?://)[^/\s]*@`)
	passwordInOther = pattern.New(`(://[^/\s@:]*):[^/\s]*@`)
)

// scrub strikes the secrets, logins in addresses, and whatever a server might send to play with a terminal.
func scrub(text string, secrets []string) string {
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, "***")
	}
	text = userInWebURL().ReplaceAllString(text, "$1")
	text = passwordInOther().ReplaceAllString(text, "$1@")
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
}
