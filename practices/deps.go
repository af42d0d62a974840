package practices

import (
	_ "k8s.io/pod-security-admission/api"
	_ "k8s.io/pod-security-admission/policy"
)
