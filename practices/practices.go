// Package practices is the catalogue: the one list of all practices.
package practices

import (
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices/changerecorded"
	"github.com/fairlead-dev/fairlead/practices/crashcleanly"
	"github.com/fairlead-dev/fairlead/practices/currentapis"
	"github.com/fairlead-dev/fairlead/practices/deliveredbypipeline"
	"github.com/fairlead-dev/fairlead/practices/descriptivelabels"
	"github.com/fairlead-dev/fairlead/practices/dropprivileges"
	"github.com/fairlead-dev/fairlead/practices/externalservicemapped"
	"github.com/fairlead-dev/fairlead/practices/imagepinned"
	"github.com/fairlead-dev/fairlead/practices/ingit"
	"github.com/fairlead-dev/fairlead/practices/ingressoverloadbalancer"
	"github.com/fairlead-dev/fairlead/practices/leastprivilegerbac"
	"github.com/fairlead-dev/fairlead/practices/logtostdout"
	"github.com/fairlead-dev/fairlead/practices/matchesgit"
	"github.com/fairlead-dev/fairlead/practices/multistagebuild"
	"github.com/fairlead-dev/fairlead/practices/namespaced"
	"github.com/fairlead-dev/fairlead/practices/networkisolated"
	"github.com/fairlead-dev/fairlead/practices/nobootstrapsidecar"
	"github.com/fairlead-dev/fairlead/practices/nodeportaware"
	"github.com/fairlead-dev/fairlead/practices/nottoomicro"
	"github.com/fairlead-dev/fairlead/practices/oneprocesspercontainer"
	"github.com/fairlead-dev/fairlead/practices/probesset"
	"github.com/fairlead-dev/fairlead/practices/readonlyrootfilesystem"
	"github.com/fairlead-dev/fairlead/practices/recoverable"
	"github.com/fairlead-dev/fairlead/practices/referencesresolve"
	"github.com/fairlead-dev/fairlead/practices/resourcesset"
	"github.com/fairlead-dev/fairlead/practices/runasnonroot"
	"github.com/fairlead-dev/fairlead/practices/sidecarforproxy"
	"github.com/fairlead-dev/fairlead/practices/smallimage"
	"github.com/fairlead-dev/fairlead/practices/statelesscontainers"
	"github.com/fairlead-dev/fairlead/practices/staticaddress"
	"github.com/fairlead-dev/fairlead/practices/survivesdisruption"
	"github.com/fairlead-dev/fairlead/practices/toleratesdependencyfailure"
	"github.com/fairlead-dev/fairlead/practices/trustedbaseimage"
	"github.com/fairlead-dev/fairlead/practices/usehelmcharts"
)

// All is the catalogue, in its order.
var All = []*practice.Practice{
	trustedbaseimage.Practice,
	smallimage.Practice,
	multistagebuild.Practice,
	runasnonroot.Practice,
	readonlyrootfilesystem.Practice,
	oneprocesspercontainer.Practice,
	crashcleanly.Practice,
	logtostdout.Practice,
	dropprivileges.Practice,
	changerecorded.Practice,
	descriptivelabels.Practice,
	sidecarforproxy.Practice,
	nobootstrapsidecar.Practice,
	imagepinned.Practice,
	probesset.Practice,
	resourcesset.Practice,
	survivesdisruption.Practice,
	ingressoverloadbalancer.Practice,
	nodeportaware.Practice,
	staticaddress.Practice,
	externalservicemapped.Practice,
	referencesresolve.Practice,
	usehelmcharts.Practice,
	toleratesdependencyfailure.Practice,
	nottoomicro.Practice,
	namespaced.Practice,
	leastprivilegerbac.Practice,
	networkisolated.Practice,
	currentapis.Practice,
	ingit.Practice,
	matchesgit.Practice,
	deliveredbypipeline.Practice,
	statelesscontainers.Practice,
	recoverable.Practice,
}
