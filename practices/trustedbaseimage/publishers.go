package trustedbaseimage

import "strings"

// publishers are who may publish what images start from: a registry, or a name on one. They are those that most teams
// start from; a team's own are a parameter.
var publishers = strings.Fields(`
	docker.io/library public.ecr.aws/docker/library mirror.gcr.io/library
	gcr.io/distroless gcr.io/google-containers gcr.io/google_containers gcr.io/google-samples gcr.io/google_samples gcr.io/google.com gcr.io/cloud-builders gcr.io/kaniko-project gcr.io/projectsigstore
	registry.k8s.io k8s.gcr.io mcr.microsoft.com cgr.dev docker.elastic.co registry.access.redhat.com registry.redhat.io registry.suse.com
	registry.gitlab.com/gitlab-org nvcr.io container-registry.oracle.com icr.io dhi.io public.ecr.aws/lambda public.ecr.aws/amazonlinux
	public.ecr.aws/eks-distro public.ecr.aws/aws-observability public.ecr.aws/bitnami public.ecr.aws/karpenter public.ecr.aws/amazoncorretto

	docker.io/amazon docker.io/amazoncorretto docker.io/amd64 docker.io/apache docker.io/arm64v8 docker.io/arm32v7 docker.io/alpine docker.io/atlassian
	docker.io/aquasec docker.io/argoproj docker.io/aws docker.io/bellsoft docker.io/bitnami docker.io/bitnamilegacy docker.io/bitnamisecure docker.io/buildpacksio
	docker.io/calico docker.io/ceph docker.io/chainguard docker.io/cilium docker.io/circleci docker.io/cimg docker.io/clickhouse docker.io/cloudflare
	docker.io/cockroachdb docker.io/confluentinc docker.io/coredns docker.io/curlimages docker.io/cypress docker.io/datadog docker.io/debian
	docker.io/denoland docker.io/docker docker.io/eclipse docker.io/envoyproxy docker.io/fluent docker.io/fluxcd docker.io/gitlab docker.io/gitea
	docker.io/golangci docker.io/goharbor docker.io/google docker.io/gradle docker.io/grafana docker.io/hashicorp docker.io/istio docker.io/itzg
	docker.io/jaegertracing docker.io/jenkins docker.io/jupyter docker.io/keycloak docker.io/kindest docker.io/kong docker.io/linkerd
	docker.io/mambaorg docker.io/mailhog docker.io/minio docker.io/moby docker.io/mongodb docker.io/multiarch docker.io/mysql docker.io/natsio docker.io/newrelic
	docker.io/nginx docker.io/nginxinc docker.io/nvidia docker.io/openjdk docker.io/openpolicyagent docker.io/opensearchproject docker.io/oven docker.io/paketobuildpacks
	docker.io/percona docker.io/phusion docker.io/portainer docker.io/postgis docker.io/prom docker.io/pulumi docker.io/pytorch docker.io/rabbitmqoperator
	docker.io/rancher docker.io/redhat docker.io/redis docker.io/rocker docker.io/rockylinux docker.io/selenium docker.io/sigstore docker.io/snyk
	docker.io/sonarsource docker.io/strimzi docker.io/tensorflow docker.io/timescale docker.io/tonistiigi docker.io/traefik docker.io/ubi8 docker.io/ubi9
	docker.io/arm32v5 docker.io/arm32v6 docker.io/i386 docker.io/ppc64le docker.io/riscv64 docker.io/s390x
	docker.io/dockereng docker.io/localstack docker.io/otel ghcr.io/homebrew docker.io/ubuntu docker.io/vault docker.io/velero docker.io/weaviate docker.io/yandex docker.io/zenika docker.io/zookeeper docker.io/continuumio

	quay.io/argoproj quay.io/buildah quay.io/calico quay.io/centos quay.io/ceph quay.io/cilium quay.io/coreos quay.io/cortexproject quay.io/devfile quay.io/fedora
	quay.io/jetstack quay.io/jupyter quay.io/keycloak quay.io/kubevirt quay.io/libpod quay.io/minio quay.io/opencontainers quay.io/openshift
	quay.io/operator-framework quay.io/podman quay.io/prometheus quay.io/prometheus-operator quay.io/pypa quay.io/quarkus quay.io/redhat quay.io/skopeo
	quay.io/strimzi quay.io/thanos quay.io/tigera quay.io/ubi quay.io/wildfly quay.io/almalinuxorg quay.io/rockylinux quay.io/k8scsi

	ghcr.io/actions ghcr.io/anchore ghcr.io/aquasecurity ghcr.io/astral-sh ghcr.io/buildpacks ghcr.io/catthehacker ghcr.io/chainguard-images ghcr.io/cloudnative-pg
	ghcr.io/containerd ghcr.io/cross-rs ghcr.io/dependabot ghcr.io/dexidp ghcr.io/external-secrets ghcr.io/fluxcd ghcr.io/github ghcr.io/gohugoio
	ghcr.io/goreleaser ghcr.io/grafana ghcr.io/graalvm ghcr.io/helm ghcr.io/k3d-io ghcr.io/kedacore ghcr.io/kubernetes-sigs ghcr.io/kyverno ghcr.io/linkerd
	ghcr.io/linuxserver ghcr.io/moby ghcr.io/nixos ghcr.io/open-policy-agent ghcr.io/open-telemetry ghcr.io/oracle ghcr.io/prefix-dev ghcr.io/pyo3
	ghcr.io/puppeteer ghcr.io/renovatebot ghcr.io/rust-lang ghcr.io/sigstore ghcr.io/spiffe ghcr.io/super-linter ghcr.io/void-linux ghcr.io/wolfi-dev ghcr.io/zitadel`)

// open are the registries where anybody can get a name. On any other somebody decides who may publish.
var open = []string{"docker.io", "quay.io", "ghcr.io", "public.ecr.aws"}
