package source

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

func TestSSH(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"v": "1"})
	key, public := newKey(t, "")
	stranger, _ := newKey(t, "")
	locked, _ := newKey(t, "passphrase")
	server := newSSHServer(t, h, public)
	other := newSSHServer(t, h, public)
	url := "ssh://git@" + server.address + "/config.git"

	for name, tc := range map[string]struct {
		url  string
		auth Auth
		want error
		text string
	}{
		"right":               {url, Auth{SSHKey: key, KnownHosts: server.knownHosts}, nil, ""},
		"key pasted badly":    {url, Auth{SSHKey: []byte(" \r\n" + strings.ReplaceAll(strings.TrimSpace(string(key)), "\n", "\r\n")), KnownHosts: server.knownHosts}, nil, ""},
		"another key":         {url, Auth{SSHKey: stranger, KnownHosts: server.knownHosts}, ErrAuthRefused, ""},
		"host key changed":    {url, Auth{SSHKey: key, KnownHosts: []byte(knownhosts.Line([]string{server.address}, other.host))}, errHostKeyChanged, ""},
		"host key unknown":    {url, Auth{SSHKey: key, KnownHosts: other.knownHosts}, errHostKeyUnknown, ""},
		"no known_hosts":      {url, Auth{SSHKey: key}, errHostKeyUnknown, ""},
		"no key":              {url, Auth{KnownHosts: server.knownHosts}, ErrAuthRequired, ""},
		"no such repository":  {strings.Replace(url, "config", "none", 1), Auth{SSHKey: key, KnownHosts: server.knownHosts}, ErrRepositoryNotFound, ""},
		"locked key":          {url, Auth{SSHKey: locked, KnownHosts: server.knownHosts}, nil, "locked with a passphrase"},
		"no key at all":       {url, Auth{SSHKey: []byte("hello"), KnownHosts: server.knownHosts}, nil, "not a private key"},
		"a public key":        {url, Auth{SSHKey: ssh.MarshalAuthorizedKey(public), KnownHosts: server.knownHosts}, nil, "not a private key"},
		"garbled known_hosts": {url, Auth{SSHKey: key, KnownHosts: []byte("nonsense")}, nil, "known_hosts"},
		"password":            {url, Auth{SSHKey: key, Password: "x", KnownHosts: server.knownHosts}, nil, "no password"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo, err := newStore(t).Repo(tc.url, tc.auth, Limits{})
			if err == nil {
				var snapshot *Snapshot
				if snapshot, err = repo.Fetch(t.Context(), Ref{}); err == nil {
					mustRead(t, snapshot, "v")
				}
			}
			if tc.want == nil && tc.text == "" {
				if err != nil {
					t.Errorf("error = %v; hint: %s", err, hint.Of(err))
				}
				return
			}
			if err == nil || !errors.Is(err, tc.want) && tc.want != nil || !strings.Contains(err.Error(), tc.text) {
				t.Fatalf("error = %v, want %v %s", err, tc.want, tc.text)
			}
			if hint.Of(err) == "" {
				t.Errorf("%v: no hint", err)
			}
		})
	}
}

// The person's own agent, keys and known_hosts play no part unless asked for.
func TestSSHKeyFilesArePrivateAndRemoved(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"v": "1"})
	key, public := newKey(t, "")
	temporary := t.TempDir()
	t.Setenv("TMPDIR", filepath.Join(temporary, "odd 50%d 'name'"))
	if err := os.Mkdir(os.Getenv("TMPDIR"), 0o755); err != nil {
		t.Fatal(err)
	}
	server := newSSHServer(t, h, public)
	var mu sync.Mutex
	modes := map[string]bool{}
	server.look = func() {
		mu.Lock()
		defer mu.Unlock()
		files, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "fairlead-login-*"))
		more, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "fairlead-login-*", "*"))
		for _, file := range append(files, more...) {
			info, err := os.Stat(file)
			if err == nil {
				modes[info.Mode().String()] = true
			}
		}
	}
	repo := mustRepo(t, h.store, "ssh://git@"+server.address+"/config.git", Auth{SSHKey: key, KnownHosts: server.knownHosts}, Limits{})
	mustRead(t, mustFetch(t, repo, Ref{}), "v")

	mu.Lock()
	defer mu.Unlock()
	if len(modes) != 2 || !modes["drwx------"] || !modes["-rw-------"] {
		t.Errorf("modes while ssh runs: %v", modes)
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// newKey returns a private key in OpenSSH's format.
func newKey(t *testing.T, passphrase string) (private []byte, public ssh.PublicKey) {
	t.Helper()
	open, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(secret, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(secret, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	if public, err = ssh.NewPublicKey(open); err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block), public
}

// sshServer gives the host's repositories to one key.
type sshServer struct {
	address    string
	host       ssh.PublicKey
	knownHosts []byte
	look       func() // at each login
}

func newSSHServer(t *testing.T, h *host, allowed ssh.PublicKey) *sshServer {
	t.Helper()
	private, public := newKey(t, "")
	signer, err := ssh.ParsePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	s := &sshServer{address: address, host: public, knownHosts: []byte(knownhosts.Line([]string{address}, public)), look: func() {}}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		s.look()
		if string(key.Marshal()) != string(allowed.Marshal()) {
			return nil, errors.New("unknown key")
		}
		return nil, nil
	}}
	config.AddHostKey(signer)

	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { serveSSH(conn, config, h.dir) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	return s
}

func serveSSH(conn net.Conn, config *ssh.ServerConfig, dir string) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		var env []string
		for r := range requests {
			switch r.Type {
			case "env":
				var variable struct{ Name, Value string }
				if ssh.Unmarshal(r.Payload, &variable) == nil && variable.Name == "GIT_PROTOCOL" {
					env = append(env, variable.Name+"="+variable.Value)
				}
				r.Reply(true, nil)
			case "exec":
				var command struct{ Line string }
				if ssh.Unmarshal(r.Payload, &command) != nil {
					r.Reply(false, nil)
					continue
				}
				r.Reply(true, nil)
				code := uploadPack(channel, command.Line, dir, env)
				channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{code}))
				channel.Close()
			default:
				r.Reply(false, nil)
			}
		}
	}
}

// uploadPack runs "git-upload-pack '/config.git'" as a git server would.
func uploadPack(channel ssh.Channel, line, dir string, env []string) uint32 {
	path, ok := strings.CutPrefix(line, "git-upload-pack '")
	if !ok {
		fmt.Fprintf(channel.Stderr(), "%s: not allowed\n", line)
		return 1
	}
	cmd := exec.Command("git", "upload-pack", filepath.Join(dir, strings.TrimSuffix(path, "'")))
	cmd.Env = append(cleanEnv(dir), env...)
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 1
	}
	go func() {
		io.Copy(stdin, channel)
		stdin.Close()
	}()
	if cmd.Run() != nil {
		return 128
	}
	return 0
}
