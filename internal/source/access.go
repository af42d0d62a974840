package source

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// access is what git needs to reach one server with one login.
type access struct {
	env      []string
	settings []setting
	remove   func() // the files made for it
}

// partial tells git that the files not here are at the server (git's "promisor"). It is not in the mirror's own
// configuration, as then any run of git that misses a file would contact the server by itself.
var partial = []setting{
	{"remote.origin.promisor", "true"},
	{"remote.origin.partialCloneFilter", "blob:none"},
}

// enter prepares the login of r. The caller removes it when the run is over: keys lie on disk only that long.
func (r *Repo) enter() (access, error) {
	at := r.mirror.address(r.at)
	a := access{
		env:      cleanEnv(r.mirror.dir),
		settings: append([]setting{{"remote.origin.url", at.url}}, partial...),
		remove:   func() {},
	}
	if r.auth.UseLocal {
		a.env = localEnv()
	} else {
		a.settings = append(a.settings, setting{"credential.helper", ""})
	}
	a.env = append(a.env, "GIT_ALLOW_PROTOCOL="+r.protocols())
	// Should this process be killed, git goes on: not forever.
	a.settings = append(a.settings,
		setting{"http.lowSpeedLimit", "1"},
		setting{"http.lowSpeedTime", strconv.Itoa(1 + int(r.limits.Timeout.Seconds()))})
	if header := r.auth.header(); header != "" && r.at.isHTTP() {
		a.settings = append(a.settings,
			setting{"http." + at.base() + ".extraHeader", header},
			// Git would go on sending the header wherever the server sends it: redirects are followed by hand.
			setting{"http.followRedirects", "false"})
	}
	if len(r.auth.SSHKey)+len(r.auth.KnownHosts)+len(r.auth.CA) == 0 {
		return a, nil
	}
	return r.writeFiles(a)
}

// protocols are those that git may use: a redirect, or a server that names another, does not widen them.
func (r *Repo) protocols() string {
	switch {
	case r.auth.UseLocal: // the person's url.<base>.insteadOf may turn one into another
		return "https:http:ssh:file"
	case r.at.isHTTP():
		return "https:http"
	}
	return r.at.scheme
}

// writeFiles puts keys and certificates where ssh and curl can read them: in a new directory that nobody else can.
func (r *Repo) writeFiles(a access) (access, error) {
	dir, err := os.MkdirTemp("", "fairlead-login-")
	if err != nil {
		return access{}, err
	}
	a.remove = func() { _ = os.RemoveAll(dir) }
	for _, file := range []struct {
		name    string
		content []byte
	}{
		{"key", r.auth.privateKey()},
		{"known_hosts", slices.Concat(r.auth.KnownHosts, []byte("\n"))},
		{"ca.pem", r.auth.CA},
	} {
		if err := os.WriteFile(filepath.Join(dir, file.name), file.content, 0o600); err != nil {
			a.remove()
			return access{}, err
		}
	}
	if len(r.auth.CA) > 0 {
		a.settings = append(a.settings, setting{"http.sslCAInfo", filepath.Join(dir, "ca.pem")})
	}
	if r.at.scheme == "ssh" {
		a.env = append(a.env, "GIT_SSH_VARIANT=ssh", "GIT_SSH_COMMAND="+r.auth.sshCommand(dir))
	}
	return a, nil
}

// sshCommand is ssh with the files in dir and, unless the person's own settings are wanted too, nothing else.
func (a Auth) sshCommand(dir string) string {
	args := []string{"ssh", "-oBatchMode=yes", "-oStrictHostKeyChecking=yes", "-oConnectTimeout=20", "-oServerAliveInterval=20"}
	if !a.UseLocal {
		args = append(args, "-F", os.DevNull, "-oIdentityAgent=none", "-oGlobalKnownHostsFile="+os.DevNull)
	}
	if len(a.SSHKey) > 0 {
		args = append(args, "-oIdentitiesOnly=yes", "-oIdentityFile="+sshPath(dir, "key"))
	}
	if len(a.KnownHosts) > 0 {
		args = append(args, "-oUserKnownHostsFile="+sshPath(dir, "known_hosts"))
	}
	for i, arg := range args {
		args[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
	return strings.Join(args, " ")
}

// sshPath quotes a path as ssh_config(5) has it: spaces part values, a percent sign begins a token.
func sshPath(dir, name string) string {
	return `"` + strings.ReplaceAll(filepath.ToSlash(filepath.Join(dir, name)), "%", "%%") + `"`
}

// git runs one command of git that contacts the server, wherever on the same host that has moved the repository to.
func (r *Repo) git(ctx context.Context, c command) ([]byte, error) {
	out, err := r.gitOnce(ctx, c)
	if errors.Is(err, ErrRepositoryNotFound) {
		r.mirror.movedTo.Store(nil) // it may have moved back
	}
	if !errors.Is(err, errMoved) {
		return out, err
	}
	to, err := r.findMoved(ctx)
	if err != nil {
		return nil, err
	}
	r.mirror.movedTo.Store(&to)
	return r.gitOnce(ctx, c)
}

func (r *Repo) gitOnce(ctx context.Context, c command) ([]byte, error) {
	login, err := r.enter()
	if err != nil {
		return nil, err
	}
	defer login.remove()
	c.env, c.settings = slices.Concat(c.env, login.env), slices.Concat(c.settings, login.settings)
	c.secrets = r.auth.secrets()
	if r.auth.UseLocal {
		c.lock = nil // the person's ssh or credential daemon would inherit it and hold it for hours
	}
	out, err := c.run(ctx)
	return out, explain(err, r.at, r.auth)
}
