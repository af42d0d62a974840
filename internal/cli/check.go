package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/check/report"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

type checkFlags struct {
	failOn, least string
	only, skip    []string
	all, ifAny    bool
	ref, newSince string
	settings      string
	cluster       bool
	practices     []string
	test          bool

	fix, dryRun, yes bool
}

func (a *app) check() *cobra.Command {
	var flags checkFlags
	cmd := &cobra.Command{
		Use:        "check [PATH...]",
		Short:      "Judge Dockerfiles, manifests, kustomizations and charts",
		SuggestFor: []string{"lint", "validate", "test", "score"},
		Long: `Judge Dockerfiles, manifests, kustomizations and charts by best practices.

PATH is a file, a directory with all below it, a glob (quoted, ** for any number
of directories), or - for standard input; default: the directory you are in. It
is found out what is in it: each chart is rendered with each of its values
files, each kustomization that no other one uses is built, and the other
manifests of each directory are judged together. With --cluster it is what runs
that is judged, and PATH may add files. Nothing is changed.

--fix mends in the files what can be mended for certain: manifests, patches, a
chart's values, Dockerfiles. At a terminal it shows the difference first and
asks. What it writes holds the practice, renders, and leaves all else as it is.

Whatever is broken is a finding, and the rest is judged. --new-since lets a
large repository start today: only what a change adds counts.

LEVEL is error, warning or info; --fail-on none never fails.

Exit codes: 0 nothing as severe as --fail-on · 1 something is · 2 could not
answer.`,
		Example: `  fairlead check
  fairlead check ./k8s --min-severity warning
  fairlead check 'services/**/Dockerfile' --fail-on none
  helm template ./web | fairlead check -
  fairlead check ./k8s --only image-pinned,probes-set
  fairlead check ./k8s --fix
  fairlead check --cluster -n shop
  fairlead check --new-since origin/main -o sarif > new.sarif`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.runCheck(cmd.Context(), args, flags) },
	}
	cmd.Flags().StringVar(&flags.failOn, "fail-on", "error", "exit with 1 from `LEVEL` on")
	cmd.Flags().StringVar(&flags.least, "min-severity", "info", "show from `LEVEL` on")
	cmd.Flags().StringSliceVar(&flags.only, "only", nil, "judge by these `IDS` alone")
	cmd.Flags().StringSliceVar(&flags.skip, "skip", nil, "judge by all but these `IDS`")
	cmd.Flags().BoolVarP(&flags.all, "all", "a", false, "show also each that is like another one")
	cmd.Flags().StringVar(&flags.ref, "ref", "", "judge the files as of this `REV` of git")
	cmd.Flags().StringVar(&flags.newSince, "new-since", "", "show only what is new since HEAD left `REV`")
	cmd.Flags().BoolVar(&flags.ifAny, "if-any", false, "exit with 0 if there is nothing to judge: for hooks")
	cmd.Flags().StringVar(&flags.settings, "settings", "", "judge by the settings in `FILE` before all others")
	cmd.Flags().BoolVar(&flags.cluster, "cluster", false, "judge what runs, too; -n for one namespace")
	cmd.Flags().StringSliceVar(&flags.practices, "practices", nil, "judge also by own practices in `PATHS`")
	cmd.Flags().BoolVar(&flags.test, "test", false, "run the examples of own practices in PATH")
	cmd.Flags().BoolVar(&flags.fix, "fix", false, "mend in the files what can be mended for certain")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "with --fix: show the changes and write nothing")
	cmd.Flags().BoolVarP(&flags.yes, "yes", "y", false, "with --fix: don't ask")
	_ = cmd.RegisterFlagCompletionFunc("fail-on", severityNames)
	_ = cmd.RegisterFlagCompletionFunc("min-severity", severityNames)
	_ = cmd.RegisterFlagCompletionFunc("only", completePracticeList)
	_ = cmd.RegisterFlagCompletionFunc("skip", completePracticeList)
	a.addOutput(cmd, slices.DeleteFunc(report.Formats(), func(f string) bool { return f == string(report.JSON) })...)
	return cmd
}

func (a *app) runCheck(ctx context.Context, targets []string, flags checkFlags) error {
	if flags.test {
		return a.testPractices(ctx, append(targets, flags.practices...))
	}
	fail, least, err := flags.severities()
	if err != nil {
		return err
	}
	switch {
	case flags.cluster && flags.ref+flags.newSince != "":
		return hint.With(errors.New("--cluster goes without --ref and --new-since"), "a cluster has no revisions: check it by itself")
	case flags.ref != "" && flags.newSince != "":
		return hint.With(errors.New("--ref goes without --new-since"), "--new-since compares with what is checked out: keep one")
	case flags.ref+flags.newSince != "" && slices.Contains(targets, "-"):
		return hint.With(errors.New("standard input has no revisions"), "name paths instead")
	}
	if err := flags.checkFixable(targets); err != nil {
		return err
	}
	own, err := check.FindOwn(ctx, check.Input{Targets: orHere(targets), Ref: flags.ref}, flags.practices, practices.All)
	if err != nil {
		return err
	}
	all := own.All(practices.All)
	chosen, err := flags.choose(all)
	if err != nil {
		return err
	}
	in := check.Input{Targets: targets, Stdin: a.in, Ref: flags.ref, Catalogue: all, Settings: flags.settings, Own: own}
	if flags.cluster {
		if in.Cluster, err = a.liveCluster(); err != nil {
			return err
		}
	} else if len(targets) == 0 {
		in.Targets = []string{"."}
	}
	result, err := check.Run(ctx, in, chosen)
	if err != nil {
		return err
	}
	if flags.newSince != "" {
		if err := onlyNew(ctx, result, in, flags.newSince, chosen); err != nil {
			return err
		}
	}
	if flags.fix {
		if result, err = a.fix(ctx, in, result, chosen, flags); err != nil {
			return err
		}
	}
	if len(result.Scopes) == 0 && !flags.ifAny {
		return nothing(in.Targets, result.Skipped)
	}
	failed := fail > 0 && result.Count(fail) > 0
	result.Findings = slices.DeleteFunc(result.Findings, func(f practice.Finding) bool { return f.Severity < least })
	switch {
	case a.output == "text" && len(result.Scopes) == 0: // nobody should take it for checked
		a.err.line("there is nothing to judge")
	case a.output == "text":
		a.printCheck(result, flags.all)
	default:
		err = report.Write(a.out, report.Format(a.output), result, report.Options{Width: a.out.width, Version: version(), FailOn: fail})
	}
	if err != nil {
		return err
	}
	return yesOrNo(!failed)
}

// nothing says that there is nothing to check, and what was passed over.
func nothing(targets []string, skipped []manifest.Skipped) error {
	next := "name a directory with Dockerfiles, YAML manifests, a kustomization or a Helm chart"
	var over []string
	for _, s := range skipped {
		over = append(over, fmt.Sprintf("%s was passed over: %s", s.Path, s.Reason))
	}
	if len(over) > 0 {
		next += "; " + strings.Join(shorten(over, named), "; ")
	}
	return hint.With(fmt.Errorf("there is nothing to check in %s", strings.Join(targets, ", ")), next)
}

// liveCluster is the one that the flags name: one namespace of it with -n, else all.
func (a *app) liveCluster() (*check.Live, error) {
	client, _, err := a.connection.cluster()
	if err != nil {
		return nil, err
	}
	live := &check.Live{Client: client, Namespace: a.connection.namespace, Name: "cluster"}
	live.Git = func(ctx context.Context) *check.Declared { return a.declared(ctx, client, live.Namespace) }
	if raw, err := a.connection.loader().RawConfig(); err == nil {
		live.Name = strings.TrimSpace("cluster " + cmp.Or(a.connection.context, raw.CurrentContext))
	}
	if live.Namespace != "" {
		live.Name += ", namespace " + live.Namespace
	}
	return live, nil
}

// onlyNew takes out what was found before what is checked out left a revision.
func onlyNew(ctx context.Context, result *check.Result, in check.Input, since string, chosen []*practice.Practice) error {
	base, err := source.MergeBase(ctx, ".", since)
	if err != nil {
		return err
	}
	in.Ref, in.MayBeGone = base, true
	before, err := check.Run(ctx, in, chosen)
	if err != nil {
		return err
	}
	result.Findings = practice.New(result.Findings, before.Findings)
	return nil
}

// severities are those to fail on (0: none) and to show.
func (f checkFlags) severities() (fail, least practice.Severity, err error) {
	if fail, err = severityOrNone("fail-on", f.failOn); err != nil {
		return 0, 0, err
	}
	least, ok := practice.ParseSeverity(f.least)
	if !ok {
		return 0, 0, hint.With(fmt.Errorf("--min-severity: there is no severity %q", f.least), "use error, warning or info")
	}
	return fail, least, nil
}

var severityNames = cobra.FixedCompletions([]string{"error", "warning", "info", "none"}, cobra.ShellCompDirectiveNoFileComp)

// severityOrNone reads the value of a flag; 0 is none.
func severityOrNone(flag, name string) (practice.Severity, error) {
	if name == "none" {
		return 0, nil
	}
	s, ok := practice.ParseSeverity(name)
	if !ok {
		return 0, hint.With(fmt.Errorf("--%s: there is no severity %q", flag, name), "use error, warning, info or none")
	}
	return s, nil
}

// choose takes the practices that are wanted.
func (f checkFlags) choose(all []*practice.Practice) ([]*practice.Practice, error) {
	if len(f.only) > 0 && len(f.skip) > 0 {
		return nil, hint.With(errors.New("--only goes without --skip"), "name with --only all that are wanted")
	}
	for _, id := range slices.Concat(f.only, f.skip) {
		if !among(all)(id) {
			return nil, noPractice(id, all)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p *practice.Practice) bool {
		return slices.Contains(f.skip, p.ID) || len(f.only) > 0 && !slices.Contains(f.only, p.ID)
	}), nil
}

// among says whether one of some practices has an id.
func among(all []*practice.Practice) func(id string) bool {
	return func(id string) bool {
		return slices.ContainsFunc(all, func(p *practice.Practice) bool { return p.ID == id })
	}
}

// noPractice says which there are.
func noPractice(id string, all []*practice.Practice) error {
	var ids []string
	for _, p := range all {
		ids = append(ids, p.ID)
	}
	return hint.With(fmt.Errorf("there is no practice %q", id), "there are: "+strings.Join(ids, ", "))
}

// completePracticeList completes the last of a list of ids.
func completePracticeList(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	var offers []string
	for _, p := range here() {
		if !slices.Contains(strings.Split(before, ","), p.ID) {
			offers = append(offers, before+p.ID+"\t"+p.Title)
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
