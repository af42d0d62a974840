package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server"
	"github.com/fairlead-dev/fairlead/internal/server/door"
	"github.com/fairlead-dev/fairlead/internal/source"
)

func (a *app) page() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "page",
		Short: "The page, with your own rights",
		Long: `Serve the page on this machine with the login of your kubeconfig: it shows what
you may see and does what you may do. Nothing has to be installed in the
cluster, though without Fairlead there are no applications in it.

It prints a link that signs in one browser, once, and then the next one, so
that others on this machine can't come in with your rights. Ctrl-C ends it.`,
		Example: "  fairlead page\n  fairlead page --context prod-eu --listen 127.0.0.1:9000",
		Args:    atMost(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runPage(cmd.Context(), listen) },
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8485", "`ADDRESS` of this machine")
	return cmd
}

func (a *app) runPage(ctx context.Context, address string) error {
	a.collectAsUsual()
	listener, err := listenLocally(address)
	if err != nil {
		return err
	}
	defer listener.Close()
	config, namespace, err := a.connection.config()
	if err != nil {
		return err
	}
	me, err := door.Self(ctx, config)
	if err != nil {
		return unreadable("ask the API server who you are", err)
	}
	mirrors, err := mirrorDir()
	if err != nil {
		return err
	}
	link := &door.OwnLink{Person: me, Fresh: func(secret string) {
		fmt.Fprintf(a.out, "%s http://%s%s\n", a.style.bold.Render("open:"), listener.Addr(), door.LinkPath(secret))
	}}
	page, err := server.NewPage(server.PageOptions{
		Door:    door.Options{Config: config, Log: newLogger(a.err, false), Links: []door.Link{link}, Local: &me, Namespaces: []string{namespace}},
		Cluster: a.connection.clusterName(), Version: version(), Mirrors: mirrors, Author: source.Person,
	})
	if err != nil {
		return err
	}
	a.progress().print("the page of %s, as %s, until Ctrl-C", harmless(a.connection.clusterName()), harmless(me.Name))
	link.Renew()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return page.Run(ctx) })
	group.Go(func() error {
		return server.Serve(ctx, listener, server.Handler(server.Options{Log: slog.New(slog.DiscardHandler), Page: page}))
	})
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// listenLocally refuses addresses that others reach: the page has this person's rights.
func listenLocally(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, hint.With(fmt.Errorf("%q is no address of this machine alone", address),
			"use one like 127.0.0.1:8485; for a team: fairlead controller, whose page has sign-in")
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, hint.With(fmt.Errorf("listen on %s: %w", address, err), "choose another address with --listen, or any free port: --listen 127.0.0.1:0")
	}
	return listener, nil
}
