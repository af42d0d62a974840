// Package admission is the gate at the API server: a validating webhook that judges each object that is made or changed in
// a namespace that asks for it, and the certificate and configuration by which the API server finds it.
//
// In go admission reviews, out come verdicts. It reads the labels of those namespaces, and writes nothing but its own Secret
// and ValidatingWebhookConfiguration. Unless told otherwise no request waits for long or fails because of it.
package admission

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	admissionclient "k8s.io/client-go/kubernetes/typed/admissionregistration/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Label by which a namespace asks for the gate, with a Mode as its value.
const Label = "fairlead.dev/admission"

// name of the Secret and the Service in Fairlead's own namespace.
const name = "fairlead-admission"

// Mode is what becomes of findings at the gate.
type Mode string

// The modes, for the webhook as a whole and, but for Off, for a namespace: the milder of the two holds.
const (
	Off     Mode = "off"
	Report  Mode = "report"  // whoever writes the object is warned
	Enforce Mode = "enforce" // the object is refused
)

// Options of the webhook.
type Options struct {
	Config *rest.Config
	Log    *slog.Logger
	// OwnNamespace is where Fairlead runs; it is never gated.
	OwnNamespace string
	Mode         Mode
	// FailClosed refuses, in namespaces that enforce, what could not be judged.
	FailClosed bool
	// Gate is the mildest severity that counts; zero is Error.
	Gate practice.Severity
	// URL is where the API server finds the webhook if not by the Service fairlead-admission: https://HOST:PORT.
	URL       string
	Practices []*practice.Practice
	// Settings say by what is judged; nil is the catalogue as it is.
	Settings *practice.Policy
	// Witness is told who writes what; nil: nobody is.
	Witness *cluster.Witness
	// Known says whether there is a practice of an id, judged or not; nil: nobody knows.
	Known func(id string) bool
}

// Webhook answers the API server (Serve, on every replica) and keeps itself known to it (Lead, on one).
type Webhook struct {
	options     Options
	host        string                     // that the certificate is for
	core        coreclient.CoreV1Interface // with the next one in place of the set of clients for all kinds, which is megabytes of the program
	admission   admissionclient.AdmissionregistrationV1Interface
	judge       *judge
	namespaces  *namespaces
	certificate atomic.Pointer[tls.Certificate]
	warm        atomic.Bool
}

// New makes a webhook; its error is about the options.
func New(o Options) (*Webhook, error) {
	w := &Webhook{options: o, host: name + "." + o.OwnNamespace + ".svc"}
	if o.URL != "" {
		u, err := url.Parse(o.URL)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return nil, hint.With(fmt.Errorf("%q is no address of the admission webhook", o.URL), "write https://HOST:PORT, as the API server reaches it")
		}
		w.host = u.Hostname()
	}
	var err error
	if w.core, err = coreclient.NewForConfig(o.Config); err == nil {
		w.admission, err = admissionclient.NewForConfig(o.Config)
	}
	if err != nil {
		return nil, fmt.Errorf("start admission webhook: %w", err)
	}
	registerMetrics()
	w.namespaces = newNamespaces(w.core)
	w.judge = newJudge(o, w.namespaces.get)
	return w, nil
}

// Ready says whether reviews can be answered, and as quickly as they ever will be.
func (w *Webhook) Ready() bool {
	return w.certificate.Load() != nil && w.namespaces.HasSynced() && w.warm.Load()
}

// Serve answers reviews until ctx ends and those under way are answered.
func (w *Webhook) Serve(ctx context.Context, listener net.Listener) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		w.namespaces.RunWithContext(ctx)
		return nil
	})
	group.Go(func() error {
		w.warmUp(ctx)
		return nil
	})
	group.Go(func() error {
		w.loadCertificate(ctx)
		return nil
	})
	group.Go(func() error { return w.answer(ctx, listener) })
	err := group.Wait()
	w.judge.wait()
	return err
}

func (w *Webhook) answer(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           w.handler(),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		IdleTimeout: 2 * time.Minute, // more than the API server's, so that it never writes to a connection that is just being closed
		ErrorLog:    slog.NewLogLogger(w.options.Log.Handler(), slog.LevelDebug),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if c := w.certificate.Load(); c != nil {
				return c, nil
			}
			return nil, errors.New("there is no certificate yet")
		}},
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(listener, "", "") }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound+time.Second)
	defer cancel()
	err := server.Shutdown(shutdown)
	if serveErr := <-ended; !errors.Is(serveErr, http.ErrServerClosed) {
		return serveErr
	}
	return err
}

// warmUp judges an example of each practice: what is made when it is first used is there before the first review comes.
func (w *Webhook) warmUp(ctx context.Context) {
	for _, p := range w.options.Practices {
		if p.Files == nil || ctx.Err() != nil {
			continue
		}
		examples, _ := fs.Glob(p.Files, "testdata/*.yaml")
		for _, file := range examples[:min(1, len(examples))] {
			text, _ := fs.ReadFile(p.Files, file) // built in
			for _, object := range manifest.Read(file, text).Objects {
				w.judge.find(object)
			}
		}
	}
	w.warm.Store(true)
}
