package probesset

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/fairlead-dev/fairlead/practice"
)

// probe is one probe of a container.
type probe struct {
	*corev1.Probe
	of   *practice.Container
	kind string // "readiness"
}

func (p probe) at(path ...string) practice.Place {
	return p.of.At(append([]string{p.kind + "Probe"}, path...)...)
}

func probesOf(c *practice.Container) []probe {
	return slices.DeleteFunc([]probe{{c.ReadinessProbe, c, "readiness"}, {c.LivenessProbe, c, "liveness"}, {c.StartupProbe, c, "startup"}},
		func(p probe) bool { return p.Probe == nil })
}

// What the API server fills in.
const (
	defaultPeriod   = 10
	defaultTimeout  = 1
	defaultFailures = 3
)

// judgePort finds a port that nothing in the pod has. A host of its own means that it is asked elsewhere.
func judgePort(p *practice.Pass, asked probe) {
	port, path, host := target(asked.Probe)
	if port == nil || host != "" {
		return
	}
	number, err := int64(port.IntVal), error(nil)
	if port.Type == intstr.String {
		if practice.HasPlaceholder(port.StrVal) {
			return
		}
		number, err = strconv.ParseInt(port.StrVal, 10, 32)
	}
	named := err != nil
	if named && port.StrVal == "" || !named && number <= 0 {
		return // it was no port, or is filled in later
	}
	var own, all []string // ports, for the message
	for c := range asked.of.Pod.Containers() {
		for _, declared := range c.Ports {
			spelt := strconv.Itoa(int(declared.ContainerPort))
			if declared.Name != "" {
				spelt += " (" + declared.Name + ")"
			}
			all = append(all, spelt)
			if c == asked.of {
				own = append(own, spelt)
			}
			if named && c == asked.of && declared.Name == port.StrVal || !named && int64(declared.ContainerPort) == number {
				return // a name holds in the container only, a number in the whole pod
			}
		}
	}
	switch {
	case named:
		p.Report(practice.Note{
			At: asked.at(path, "port"), Severity: practice.Error,
			Message: fmt.Sprintf("%s %q: the %s probe asks port %q, and the container has no port of that name%s", asked.of.Role, asked.of.Name, asked.kind, port.StrVal, list(own)),
			Leads:   "the probe fails every time: " + failing[asked.kind],
			Fix:     "name a port of the container as the probe does, or give the probe the number",
		})
	case len(own) > 0 && !isOwnPort(asked, number):
		p.Report(practice.Note{
			At:      asked.at(path, "port"),
			Message: fmt.Sprintf("%s %q: the %s probe asks port %d, which no container of the pod has: %s", asked.of.Role, asked.of.Name, asked.kind, number, strings.Join(all, ", ")),
			Leads:   "if nothing listens there, the probe fails every time: " + failing[asked.kind],
			Fix:     "probe a port that the container listens on, and declare it under ports",
		})
	}
}

// isOwnPort says that a port which isn't declared is one for probes: command, args or env name it, or the container
// declares several others and the path is one that servers have for nothing else (CoreDNS, ingress-nginx), or all that it
// declares speak another protocol. Declaring a port opens nothing, so many leave such ones out.
func isOwnPort(asked probe, number int64) bool {
	said := slices.Concat(asked.of.Command, asked.of.Args)
	for _, env := range asked.of.Env {
		said = append(said, env.Value)
	}
	isNamed := func(text string) bool {
		return slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }), strconv.FormatInt(number, 10))
	}
	if slices.ContainsFunc(said, isNamed) {
		return true
	}
	if asked.GRPC != nil { // it can't be one that speaks HTTP
		return !slices.ContainsFunc(asked.of.Ports, func(port corev1.ContainerPort) bool { return !strings.HasPrefix(port.Name, "http") })
	}
	return asked.HTTPGet != nil && len(asked.of.Ports) > 1 && healthPaths[strings.Trim(asked.HTTPGet.Path, "/")]
}

var healthPaths = set("healthz livez readyz health healthz/ready health/live health/ready health/liveness health/readiness live ready ping")

var failing = map[string]string{
	"readiness": "the pod never gets a request",
	"liveness":  "the container is restarted for ever",
	"startup":   "the container is restarted for ever",
}

func list(ports []string) string {
	if len(ports) == 0 {
		return ""
	}
	return ": " + strings.Join(ports, ", ")
}

// target is the port that a probe asks, the field it stands in, and the host if it names one.
func target(p *corev1.Probe) (port *intstr.IntOrString, field, host string) {
	switch {
	case p.HTTPGet != nil:
		return &p.HTTPGet.Port, "httpGet", p.HTTPGet.Host
	case p.TCPSocket != nil:
		return &p.TCPSocket.Port, "tcpSocket", p.TCPSocket.Host
	case p.GRPC != nil:
		grpc := intstr.FromInt32(p.GRPC.Port)
		return &grpc, "grpc", ""
	}
	return nil, "", ""
}

// judgeTimes finds a probe that is asked again before the last answer is given up.
func judgeTimes(p *practice.Pass, asked probe) {
	period, timeout := cmp.Or(asked.PeriodSeconds, defaultPeriod), cmp.Or(asked.TimeoutSeconds, defaultTimeout)
	if timeout <= period {
		return
	}
	p.Report(practice.Note{
		At:      asked.at("timeoutSeconds"),
		Message: fmt.Sprintf("%s %q: the %s probe waits %d s for an answer and is due every %d s", asked.of.Role, asked.of.Name, asked.kind, timeout, period),
		Leads:   "a slow answer delays all later ones, so that a failure is noticed much later than the numbers say",
		Fix:     "make timeoutSeconds smaller than periodSeconds",
	})
}
