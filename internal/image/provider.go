package image

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/lru"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

const (
	providerGroup   = "credentialprovider.kubelet.k8s.io"
	mostAnswers     = 1000    // that are kept of one program
	largestAnswer   = 1 << 20 // bytes
	failureIsKept   = time.Minute
	afterOutputEnds = time.Second // what the program has started may hold its output open
)

// provider is a program, and what it has answered.
type provider struct {
	providerConfig
	options ProviderOptions
	turn    turn       // it runs once at a time: what it answers may be for others as well
	answers *lru.Cache // answer by image, by registry, or by "" for all
}

// login is a CredentialProviderResponse's AuthConfig.
type login struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

type answer struct {
	logins map[string]login // by pattern
	err    error
	until  time.Time
}

// ask returns what is known for an image, else has the program say it.
func (p *provider) ask(ctx context.Context, image string) (map[string]login, error) {
	if err := p.turn.take(ctx); err != nil {
		return nil, err
	}
	defer p.turn.give()
	registry, _, _ := strings.Cut(image, "/")
	now := p.options.Now()
	for _, key := range []string{image, registry, ""} {
		known, _ := p.answers.Get(key)
		if known, ok := known.(answer); ok && now.Before(known.until) {
			return known.logins, known.err
		}
	}
	said, err := p.run(ctx, image)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil { // every image of the registry would have it fail
		p.answers.Add(registry, answer{err: err, until: now.Add(failureIsKept)})
		return nil, err
	}
	key := map[string]string{"Image": image, "Registry": registry, "Global": ""}[said.CacheKeyType]
	p.answers.Add(key, answer{logins: said.Auth, until: now.Add(cmp.Or(said.CacheDuration, p.DefaultCacheDuration).Duration)})
	return said.Auth, nil
}

// response is a CredentialProviderResponse.
type response struct {
	metav1.TypeMeta
	CacheKeyType  string           `json:"cacheKeyType"`
	CacheDuration *metav1.Duration `json:"cacheDuration"`
	Auth          map[string]login `json:"auth"`
}

// run has the program answer on its standard output what it is asked on its standard input. What it says beside that may hold
// secrets and is not passed on.
func (p *provider) run(ctx context.Context, image string) (r response, err error) {
	if len(p.TokenAttributes) > 0 {
		return r, hint.With(errors.New("it wants tokens of service accounts, which only the kubelet gives"), "give the login in a Secret of type kubernetes.io/dockerconfigjson")
	}
	request, err := json.Marshal(map[string]string{"apiVersion": p.APIVersion, "kind": "CredentialProviderRequest", "image": image})
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, p.options.Timeout, fmt.Errorf("it has not ended within %s", p.options.Timeout))
	defer cancel()
	program := filepath.Join(p.options.Directory, p.Name)
	cmd := exec.CommandContext(ctx, program, p.Args...)
	cmd.Env = slices.Clone(p.options.Environment)
	for _, e := range p.Env {
		cmd.Env = append(cmd.Env, e.Name+"="+e.Value)
	}
	out := &bounded{left: largestAnswer}
	cmd.Stdin, cmd.Stdout, cmd.WaitDelay = bytes.NewReader(request), out, afterOutputEnds
	source.InOwnSession(cmd)
	err = cmd.Run()
	switch {
	case out.left < 0:
		err = fmt.Errorf("%w: it has more than %d MiB", errResponse, largestAnswer>>20)
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		err = r.parse(out.text, p.APIVersion)
	}
	return r, hint.With(err, fmt.Sprintf("see what it says: echo '%s' | %s", request, program))
}

var errResponse = errors.New("its answer cannot be used")

// parse reads an answer, which has to be in the version that was asked in.
func (r *response) parse(text []byte, version string) error {
	err := json.Unmarshal(text, r)
	switch {
	case err != nil: // not err itself, which might quote a password
		return fmt.Errorf("%w: it is no JSON", errResponse)
	case r.Kind != "CredentialProviderResponse" || r.APIVersion != version:
		return fmt.Errorf("%w: it is no CredentialProviderResponse of %s", errResponse, version)
	case !slices.Contains([]string{"Image", "Registry", "Global"}, r.CacheKeyType):
		return fmt.Errorf("%w: its cacheKeyType is none of Image, Registry and Global", errResponse)
	}
	return nil
}

// bounded keeps as much as it may. (It is no bytes.Buffer, which would be filled without any bound.)
type bounded struct {
	text []byte
	left int
}

func (b *bounded) Write(text []byte) (int, error) {
	if b.left -= len(text); b.left < 0 {
		return 0, errResponse
	}
	b.text = append(b.text, text...)
	return len(text), nil
}
