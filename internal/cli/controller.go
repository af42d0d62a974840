package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/fairlead-dev/fairlead/internal/admission"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/server"
	"github.com/fairlead-dev/fairlead/internal/server/door"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

type controllerFlags struct {
	listen, mirrors, ownNamespace, secretFile, settings, cpuProfile  string
	providers, providerDir                                           string
	leaderElection, jsonLog, untilStdinCloses, scores, notifyPrivate bool
	driftCheck                                                       []string
	onlyDriftChecks                                                  bool
	admission                                                        admissionFlags
	page                                                             pageFlags
}

func (a *app) controller() *cobra.Command {
	var flags controllerFlags
	cmd := &cobra.Command{
		Use:   "controller",
		Short: "The process that keeps the cluster at what its sources say",
		Long: `Run the controller: it follows the repositories of all Applications and delivers
what is new. At its address it serves the page, and answers webhooks, health and
metrics; without a key that signs pushes the webhook is off.

In a cluster it uses its service account; elsewhere --kubeconfig. Applications
in the namespace it runs in have its own rights, others those of a service
account. It needs Fairlead's kinds, which are in deploy/crds.`,
		Example: "  fairlead controller --listen :8484 --webhook-secret-file /etc/fairlead/webhook",
		Args:    atMost(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runController(cmd.Context(), flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.listen, "listen", "127.0.0.1:8484", "serve on `ADDRESS`")
	f.StringVar(&flags.mirrors, "mirrors", "", "`DIR` of mirrors (default: the user's cache)")
	f.StringVar(&flags.ownNamespace, "own-namespace", "fairlead", "`NAMESPACE` it runs in")
	f.StringVar(&flags.secretFile, "webhook-secret-file", "", "`FILE` with the key that signs pushes")
	flags.admission.add(f)
	flags.page.add(f)
	f.StringVar(&flags.settings, "settings", "", "settings in `FILE` before all others")
	f.BoolVar(&flags.leaderElection, "leader-elect", false, "work only while holding the lease")
	f.BoolVar(&flags.jsonLog, "json-log", false, "log as JSON")
	f.BoolVar(&flags.scores, "scores", true, "judge all, gate or not")
	f.BoolVar(&flags.notifyPrivate, "notify-private", false, "let Notifiers reach private addresses")
	f.StringSliceVar(&flags.driftCheck, "drift-check", nil, "let DriftChecks run these `PROGRAMS`")
	f.BoolVar(&flags.onlyDriftChecks, "only-drift-checks", false, "look after DriftChecks alone")
	f.StringVar(&flags.providers, "image-logins", "", "the kubelet's `FILE` of credential providers")
	f.StringVar(&flags.providerDir, "image-login-dir", "", "`DIRECTORY` with those programs")
	f.BoolVar(&flags.untilStdinCloses, "until-stdin-closes", false, "end when standard input does: for a parent that may be killed")
	f.StringVar(&flags.cpuProfile, "cpu-profile", "", "write a CPU profile to `FILE` at the end")
	_ = f.MarkHidden("until-stdin-closes")
	_ = f.MarkHidden("cpu-profile")
	return cmd
}

func (a *app) runController(ctx context.Context, flags controllerFlags) error {
	if flags.untilStdinCloses {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		go func() {
			_, _ = io.Copy(io.Discard, a.in)
			cancel()
		}()
	}
	if flags.cpuProfile != "" {
		stop, err := profile(flags.cpuProfile)
		if err != nil {
			return err
		}
		defer stop()
	}
	a.collectAsUsual()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	if flags.onlyDriftChecks && len(flags.driftCheck) == 0 {
		return hint.With(errors.New("--only-drift-checks leaves nothing to do without --drift-check"), "name the programs that may run: --drift-check terraform")
	}
	gate, err := flags.admission.options()
	if err != nil {
		return err
	}
	config, _, err := a.connection.config()
	if err != nil {
		return err
	}
	if gate.Settings, err = readSettings(flags.settings); err != nil {
		return err
	}
	secret, err := readSecret(flags.secretFile)
	if err != nil {
		return err
	}
	if flags.mirrors == "" {
		if flags.mirrors, err = mirrorDir(); err != nil {
			return err
		}
		flags.mirrors = filepath.Join(flags.mirrors, "controller")
	}
	log := newLogger(a.err, flags.jsonLog)
	listener, err := net.Listen("tcp", flags.listen)
	if err != nil {
		return hint.With(fmt.Errorf("listen on %s: %w", flags.listen, err), "choose another address with --listen")
	}
	defer listener.Close()
	gate.Config, gate.Log, gate.OwnNamespace = config, log, flags.ownNamespace
	if gate.Mode != admission.Off {
		gate.Witness = &cluster.Witness{}
	}
	webhook, err := admission.New(gate)
	if err != nil {
		return err
	}
	reviews, err := flags.admission.listener()
	if err != nil {
		return err
	}
	providers, err := flags.credentialProviders()
	if err != nil {
		return err
	}
	c, err := controller.New(controller.Options{
		Config: config, Log: log, MirrorDir: flags.mirrors, OwnNamespace: flags.ownNamespace, LeaderElection: flags.leaderElection,
		NoScores: !flags.scores, Settings: gate.Settings, NotifyPrivate: flags.notifyPrivate, Leading: webhook.Lead, Witness: gate.Witness,
		Providers: providers, DriftCheck: flags.driftCheck, OnlyDriftChecks: flags.onlyDriftChecks,
	})
	if err != nil {
		return err
	}
	page, err := flags.page.page(server.PageOptions{
		Door: door.Options{Config: config, Log: log}, Cluster: a.connection.clusterName(), Mirrors: flags.mirrors, Fetched: c.Fetched,
	})
	if err != nil {
		return err
	}
	log.Info("start", "version", version(), "api", config.Host, "listen", listener.Addr().String())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.Run(ctx) })
	if reviews != nil {
		defer reviews.Close()
		group.Go(func() error { return webhook.Serve(ctx, reviews) })
	}
	if page != nil {
		group.Go(func() error { return page.Run(ctx) })
	}
	group.Go(func() error {
		return server.Serve(ctx, listener, server.Handler(server.Options{
			Deliveries: c, Images: c.ImagePushed, Log: log, Metrics: metrics.Registry, WebhookSecret: secret, Page: page,
		}))
	})
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// credentialProviders are the kubelet's, with the environment that this process has; nil if none are named.
func (f controllerFlags) credentialProviders() (*image.Providers, error) {
	if f.providers == "" {
		return nil, nil
	}
	text, err := os.ReadFile(f.providers)
	if err != nil {
		return nil, fmt.Errorf("--image-logins: %w", err)
	}
	all, err := image.ReadProviders(text, image.ProviderOptions{Directory: f.providerDir, Environment: os.Environ()})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.providers, err)
	}
	return all, nil
}

// garbagePercent: most of what the controller allocates is garbage a moment later, and what it keeps is little, so
// collecting half as often costs some megabytes and saves a twentieth of its processor time.
const garbagePercent = 200

// profile records what the processor is used for until stop is called.
func profile(file string) (stop func(), err error) {
	f, err := os.Create(file)
	if err != nil {
		return nil, fmt.Errorf("write CPU profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("write CPU profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}

// readSettings reads a file of settings; without a name there are none.
func readSettings(file string) (*practice.Policy, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	policy, problems := practice.ReadPolicy(file, text, practices.All)
	for _, p := range problems {
		return nil, p // nobody would see it once the controller runs
	}
	return policy, nil
}

func readSecret(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read webhook secret: %w", err)
	}
	b = bytes.TrimSpace(b)
	if len(b) < 16 {
		return nil, hint.With(fmt.Errorf("webhook secret in %s is shorter than 16 bytes", file), "make one: openssl rand -hex 32")
	}
	return b, nil
}

func newLogger(w io.Writer, asJSON bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	if asJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
