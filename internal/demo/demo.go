// Package demo puts everything on this machine: a sandbox, a git server with a config repository in it, and the
// controller that delivers it. All of it ends, and is removed, with the demo.
package demo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/fairlead-dev/fairlead/internal/chatserver"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/demo/repository"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox"
	"github.com/fairlead-dev/fairlead/internal/server/hook"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	// Namespace of Fairlead itself and of the demo's Applications.
	Namespace = "fairlead"
	// Application whose wildcard path finds all others.
	Application = "production"
	// Person who opens the page by the demo's link; an administrator.
	Person = "demo"

	repositoryName = "config"
	nodes          = 13
	chatChannel    = "C0123456789"
)

// Options of a demo.
type Options struct {
	Program  string                // the fairlead binary, for the controller's process
	Step     func(text string)     // told what begins
	Progress func(text string)     // told how it goes
	Build    func(done, total int) // told how far the first build of the control plane is
	Note     func(text string)     // told what went wrong and was mended
	Said     func(lines []string)  // told what the team's chat is told
	Link     func(link string)     // told the next link to the page, when one has been used
}

// Demo is a running demo.
type Demo struct {
	Dir        string
	Kubeconfig string
	Repository string // clone and push here
	Listen     string // the controller's address
	Page       string // the link that signs one browser in, once
	Started    time.Time

	options     Options
	config      *rest.Config
	client      *cluster.Client
	sandbox     *sandbox.Sandbox
	git         *http.Server
	chat        *http.Server
	registry    *http.Server
	chatToken   string
	chatAddress string

	registryAddress string

	controller *process
	links      *links
	secret     []byte
}

// Start brings everything up; delivery goes on in the background, see Wait. After an error nothing is left behind.
func Start(ctx context.Context, options Options) (_ *Demo, err error) {
	if err := ensureSandbox(ctx, options); err != nil {
		return nil, err
	}
	d := &Demo{options: options, Started: time.Now()}
	if d.Dir, err = os.MkdirTemp("", "fairlead-demo-"); err != nil {
		return nil, fmt.Errorf("start the demo: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Stop(context.WithoutCancel(ctx)))
		}
	}()
	options.Step("a control plane with " + fmt.Sprint(nodes) + " nodes")
	starting := make(chan error, 1)
	go func() { starting <- d.startSandbox(ctx) }()
	gitErr := errors.Join(d.startRegistry(ctx), d.startGit(ctx), d.startChat())
	if err := errors.Join(<-starting, gitErr); err != nil {
		return nil, err
	}
	options.Step("Fairlead, and its first delivery")
	if err := d.install(ctx); err != nil {
		return nil, err
	}
	if err := d.startController(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Demo) startSandbox(ctx context.Context) (err error) {
	d.sandbox, err = sandbox.Start(ctx, sandbox.Options{Nodes: nodes, Dir: filepath.Join(d.Dir, "sandbox"), Progress: d.options.Progress})
	if err != nil {
		return err
	}
	d.Kubeconfig = d.sandbox.Kubeconfig()
	if d.config, err = clientcmd.BuildConfigFromFlags("", d.Kubeconfig); err != nil {
		return fmt.Errorf("start the demo: %w", err)
	}
	d.client, err = cluster.NewClient(d.config)
	return err
}

// startGit serves the config repository on loopback and tells the controller of every push.
func (d *Demo) startGit(ctx context.Context) error {
	server := gitserver.New(filepath.Join(d.Dir, "git"), gitserver.Options{OnPush: func(_, ref string) { d.tellController(hook.Generic{URL: d.Repository, Ref: ref}) }})
	if err := server.Create(repositoryName); err != nil {
		return err
	}
	_, err := server.Commit(ctx, repositoryName, gitserver.Commit{
		Files: repository.From(d.Image("")), Replace: true, Author: "Ada Park <ada@example.com>", Message: "Production as of today",
	})
	if err != nil {
		return err
	}
	var address string
	if d.git, address, err = serve(server); err != nil {
		return fmt.Errorf("serve git: %w", err)
	}
	d.Repository = fmt.Sprintf("http://%s/%s.git", address, repositoryName)
	return nil
}

// startChat is where the team reads what Fairlead tells it.
func (d *Demo) startChat() (err error) {
	slack := &chatserver.Slack{Token: rand.Text(), Channel: chatChannel, MayRead: true, Said: func(m chatserver.SlackMessage) { d.options.Said(m.Lines()) }}
	d.chatToken = slack.Token
	if d.chat, d.chatAddress, err = serve(slack); err != nil {
		return fmt.Errorf("start a chat: %w", err)
	}
	return nil
}

// serve on loopback, until Close.
func serve(h http.Handler) (server *http.Server, address string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	server = &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close in Stop
	return server, listener.Addr().String(), nil
}

// startController runs the controller as a process of its own, as it would in a cluster: it can be killed and comes back.
func (d *Demo) startController() error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	d.secret = []byte(hex.EncodeToString(key))
	files := map[string]string{"webhook-secret": string(d.secret), "page-key": rand.Text() + rand.Text()} // they outlive the process, as it may be killed
	for name, secret := range files {
		if err := os.WriteFile(filepath.Join(d.Dir, name), []byte(secret), 0o600); err != nil {
			return fmt.Errorf("start the demo: %w", err)
		}
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	d.Listen = address
	if d.links, d.Page, err = offerLinks(d.Dir, "http://"+address, d.options.Link); err != nil {
		return err
	}
	d.controller, err = startProcess(d.options.Program, filepath.Join(d.Dir, "controller.log"), d.options.Note,
		"controller", "--kubeconfig", d.Kubeconfig, "--listen", address, "--own-namespace", Namespace,
		"--mirrors", filepath.Join(d.Dir, "mirrors"), "--webhook-secret-file", filepath.Join(d.Dir, "webhook-secret"), "--notify-private", "--until-stdin-closes",
		"--page-name", "demo", "--page-link-file", filepath.Join(d.Dir, "page-link"), "--page-key-file", filepath.Join(d.Dir, "page-key"))
	return err
}

// freeAddress asks the kernel for a free port. The controller keeps it over its restarts, so that the git server can
// go on telling it of pushes.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// ControllerPid is the process to kill, for those who want to see it come back.
func (d *Demo) ControllerPid() int { return d.controller.pid() }

// ControllerLog is the file that the controller writes to.
func (d *Demo) ControllerLog() string { return filepath.Join(d.Dir, "controller.log") }

// Stop ends everything and removes it.
func (d *Demo) Stop(ctx context.Context) error {
	var errs []error
	if d.controller != nil {
		d.controller.stop()
	}
	if d.links != nil {
		d.links.end()
	}
	for _, s := range []*http.Server{d.git, d.chat, d.registry} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	if d.sandbox != nil {
		errs = append(errs, d.sandbox.Stop(ctx))
	}
	return errors.Join(append(errs, os.RemoveAll(d.Dir))...)
}

// ensureSandbox builds the control plane if there is none yet.
func ensureSandbox(ctx context.Context, options Options) error {
	_, err := sandbox.Find()
	if err == nil {
		return nil
	}
	source, sourceErr := sandbox.FindSource()
	if sourceErr != nil {
		return err
	}
	options.Step("the control plane has to be built first: about 6 minutes on two cores, once")
	return sandbox.Build(ctx, sandbox.BuildOptions{
		SourceDir: source,
		Out:       filepath.Join(filepath.Dir(source), "bin", "fairlead-sandbox"),
		Progress:  func(done, total int, _ string) { options.Build(done, total) },
	})
}
