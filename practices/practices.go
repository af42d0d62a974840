// Package practices is the catalogue: the one list of all practices.
package practices

import (
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices/dropprivileges"
	"github.com/fairlead-dev/fairlead/practices/multistagebuild"
	"github.com/fairlead-dev/fairlead/practices/readonlyrootfilesystem"
	"github.com/fairlead-dev/fairlead/practices/resourcesset"
	"github.com/fairlead-dev/fairlead/practices/runasnonroot"
	"github.com/fairlead-dev/fairlead/practices/smallimage"
	"github.com/fairlead-dev/fairlead/practices/trustedbaseimage"
)

// All is the catalogue, in its order.
var All = []*practice.Practice{
	trustedbaseimage.Practice,
	smallimage.Practice,
	multistagebuild.Practice,
	runasnonroot.Practice,
	readonlyrootfilesystem.Practice,
	dropprivileges.Practice,
	resourcesset.Practice,
}
