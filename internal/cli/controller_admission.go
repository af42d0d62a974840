package cli

import (
	"fmt"
	"net"

	"github.com/spf13/pflag"

	"github.com/fairlead-dev/fairlead/internal/admission"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

type admissionFlags struct{ mode, failure, gate, listen, url string }

func (f *admissionFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.mode, "admission", string(admission.Off), "`MODE` off, report, enforce")
	flags.StringVar(&f.failure, "admission-failure", "ignore", "`POLICY` ignore or fail")
	flags.StringVar(&f.gate, "admission-gate", practice.Error.String(), "count from `LEVEL` on")
	flags.StringVar(&f.listen, "admission-listen", ":8443", "review at `ADDRESS`")
	flags.StringVar(&f.url, "admission-url", "", "review at `URL` (default: by the Service)")
}

// options are what the flags say.
func (f *admissionFlags) options() (admission.Options, error) {
	gate, isSeverity := practice.ParseSeverity(f.gate)
	wrong := func(flag, value, choice string) error {
		return hint.With(fmt.Errorf("--%s: there is no %q", flag, value), "use "+choice)
	}
	switch mode := admission.Mode(f.mode); {
	case mode != admission.Off && mode != admission.Report && mode != admission.Enforce:
		return admission.Options{}, wrong("admission", f.mode, "off, report or enforce")
	case f.failure != "ignore" && f.failure != "fail":
		return admission.Options{}, wrong("admission-failure", f.failure, "ignore or fail")
	case !isSeverity:
		return admission.Options{}, wrong("admission-gate", f.gate, "error, warning or info")
	}
	return admission.Options{
		Mode: admission.Mode(f.mode), FailClosed: f.failure == "fail", Gate: gate, URL: f.url, Practices: practices.All, Known: among(practices.All),
	}, nil
}

// listener for reviews; nil if the webhook is off.
func (f *admissionFlags) listener() (net.Listener, error) {
	if f.mode == string(admission.Off) {
		return nil, nil
	}
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return nil, hint.With(fmt.Errorf("listen on %s: %w", f.listen, err), "choose another address with --admission-listen")
	}
	return listener, nil
}
