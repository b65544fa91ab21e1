using Iggy.Testing;
using k8s;
using k8s.Models;

namespace Iggy.Deploy.Tests;

/// <summary>The Helm chart with several sets of values, read as Kubernetes reads it, and its settings as the server reads them.</summary>
[Trait("kind", "process")]
public sealed class ChartTests
{
    public static TheoryData<string> Sets => [.. Directory.EnumerateFiles(Path.Combine(Helm.Folder, "Values"), "*.yaml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Sets))]
    public async Task Lint_EachSet_FindsNothing(string values)
    {
        var (code, output) = await Helm.RunAsync("lint", Helm.Chart, "--strict", "--values", Path.Combine(Helm.Folder, "Values", values));
        Assert.True(code == 0, output);
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public async Task Pod_EachSet_IsLockedUpAndKeepsItsVolume(string values)
    {
        var set = One<V1StatefulSet>(await Helm.RenderAsync(values));
        Assert.Equal(values == "cluster.yaml" ? 3 : 1, set.Spec.Replicas);
        Assert.Equal(set.Spec.Selector.MatchLabels, set.Spec.Template.Metadata.Labels.Where(label => set.Spec.Selector.MatchLabels.ContainsKey(label.Key)));
        var pod = set.Spec.Template.Spec;
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.False(pod.AutomountServiceAccountToken);
        var container = Assert.Single(pod.Containers);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.All([container.StartupProbe, container.LivenessProbe, container.ReadinessProbe], probe => Assert.Equal("http", probe.HttpGet.Port.Value));

        var mounted = container.VolumeMounts.Select(mount => mount.Name).Order(StringComparer.Ordinal);
        var volumes = pod.Volumes.Select(volume => volume.Name).Concat(set.Spec.VolumeClaimTemplates?.Select(claim => claim.Metadata.Name) ?? []);
        Assert.Equal(volumes.Order(StringComparer.Ordinal), mounted);
        Assert.Equal(values == "trial.yaml", set.Spec.VolumeClaimTemplates is null);
        Assert.Equal(values == "placed.yaml" ? "Delete" : "Retain", set.Spec.PersistentVolumeClaimRetentionPolicy?.WhenDeleted ?? "Retain");
    }

    // Goal: a listener that is off by itself is opened where the values ask for it, with its port in pod and service.
    [Theory]
    [InlineData("true", "true")]
    [InlineData("false", "false")]
    public async Task Grpc_AsAskedFor_IsOpenOrClosed(string asked, string enabled)
    {
        var all = await Helm.RenderAsync("trial.yaml", "--set", "ports.grpc.enabled=" + asked);
        var container = Assert.Single(One<V1StatefulSet>(all).Spec.Template.Spec.Containers);
        Assert.Equal(enabled, container.Env.Single(variable => variable.Name == "Iggy__Grpc__Enabled").Value);
        Assert.Equal(asked == "true", container.Ports.Any(port => port is { Name: "grpc", ContainerPort: 8095 }));
        Assert.All(all.OfType<V1Service>(), service => Assert.Equal(asked == "true", service.Spec.Ports.Any(port => port.Name == "grpc")));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public async Task Services_EachSet_LeadToPortsOfThePod(string values)
    {
        var all = await Helm.RenderAsync(values);
        var set = One<V1StatefulSet>(all);
        var ports = Assert.Single(set.Spec.Template.Spec.Containers).Ports.ToDictionary(port => port.Name, port => (port.ContainerPort, port.Protocol));
        var services = all.OfType<V1Service>().ToList();
        Assert.Equal(2, services.Count);
        Assert.All(services, service =>
        {
            Assert.Equal(set.Spec.Selector.MatchLabels, service.Spec.Selector);
            Assert.All(service.Spec.Ports, port => Assert.Equal((port.Port, port.Protocol), ports[port.TargetPort.Value]));
        });
        Assert.Contains(services, service => service.Metadata.Name == set.Spec.ServiceName && service.Spec.ClusterIP == "None");
        // Metrics need no login, so the service that may be public does not have them.
        Assert.DoesNotContain(services.Single(service => service.Metadata.Name != set.Spec.ServiceName).Spec.Ports, port => port.Name == "metrics");
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public async Task Variables_EachSet_AreSettingsThatTheServerTakes(string values)
    {
        var container = Assert.Single(One<V1StatefulSet>(await Helm.RenderAsync(values)).Spec.Template.Spec.Containers);
        var variables = container.Env.ToDictionary(
            variable => variable.Name, variable => (variable.Value ?? OfASecret(variable.Name)).Replace("$(POD_IP)", "127.0.0.1", StringComparison.Ordinal));
        var folder = Directory.CreateTempSubdirectory("iggy-chart-").FullName;
        try
        {
            using var certificates = new TestCertificates(); // in place of the secret that is mounted
            certificates.WriteServer(Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"));
            certificates.WriteRoot(Path.Combine(folder, "ca.crt"));
            variables = variables.ToDictionary(variable => variable.Key, variable => variable.Value.Replace("/tls/", folder + "/", StringComparison.Ordinal));
            var (code, output) = await ServerProcess.RunToEndAsync(folder, variables, "--configuration");
            Assert.True(code == 0, output);
            foreach (var port in container.Ports.Where(port => port.Name is not ("metrics" or "cluster")))
                Assert.Contains($"[::]:{port.ContainerPort}", output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Secret_NoPassword_IsRandomAndOutlivesTheRelease()
    {
        var first = One<V1Secret>(await Helm.RenderAsync("default.yaml"));
        var second = One<V1Secret>(await Helm.RenderAsync("default.yaml"));
        Assert.Equal(32, first.Data["IGGY_ROOT_PASSWORD"].Length);
        Assert.NotEqual(first.Data["IGGY_ROOT_PASSWORD"], second.Data["IGGY_ROOT_PASSWORD"]);
        Assert.Equal("keep", first.Metadata.Annotations["helm.sh/resource-policy"]);
        Assert.Empty((await Helm.RenderAsync("guarded.yaml")).OfType<V1Secret>()); // a secret of the user's own
    }

    [Fact]
    public async Task Guarded_NamesWhoMayComeAndWhatIsScraped()
    {
        var all = await Helm.RenderAsync("guarded.yaml");
        var policy = One<V1NetworkPolicy>(all);
        Assert.Equal(["tcp", "quic", "websocket", "http"], policy.Spec.Ingress[0].Ports.Select(port => port.Port.Value).OrderBy(name => "tqwh".IndexOf(name[0], StringComparison.Ordinal)));
        Assert.Equal("shop", Assert.Single(policy.Spec.Ingress[0].FromProperty).NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"]);
        Assert.Equal("metrics", Assert.Single(policy.Spec.Ingress[1].Ports).Port.Value);
        var endpoint = Assert.Single(One<ServiceMonitor>(all).Spec!.Endpoints!);
        Assert.Equal(("metrics", "/metrics", "15s"), (endpoint.Port, endpoint.Path, endpoint.Interval));
    }

    // Goal: who is not a server of the cluster does not reach the port on which anything can be done, asked for or not.
    [Fact]
    public async Task Cluster_ItsPort_IsForItsOwnPodsOnly()
    {
        var all = await Helm.RenderAsync("cluster.yaml");
        var set = One<V1StatefulSet>(all);
        var container = Assert.Single(set.Spec.Template.Spec.Containers);
        Assert.Equal(11000, container.Ports.Single(port => port.Name == "cluster").ContainerPort);
        Assert.Equal("status.podIP", container.Env.Single(variable => variable.Name == "POD_IP").ValueFrom.FieldRef.FieldPath);
        var rules = One<V1NetworkPolicy>(all).Spec.Ingress.Where(rule => rule.Ports.Any(port => port.Port.Value == "cluster"));
        Assert.Equal(set.Spec.Selector.MatchLabels, Assert.Single(Assert.Single(rules).FromProperty).PodSelector.MatchLabels);
        Assert.All(all.OfType<V1Service>(), service => Assert.DoesNotContain(service.Spec.Ports, port => port.TargetPort.Value == "cluster"));
    }

    [Fact]
    public async Task Archive_ItsKeys_ComeFromTheSecret()
    {
        var container = Assert.Single(One<V1StatefulSet>(await Helm.RenderAsync("archive.yaml")).Spec.Template.Spec.Containers);
        Assert.Contains(container.EnvFrom, source => source.SecretRef.Name == "shop-bucket");
        Assert.Equal("backups", container.Env.Single(variable => variable.Name == "Iggy__Archive__Bucket").Value);
        Assert.DoesNotContain(container.Env, variable => variable.Name == "Iggy__Archive__Region"); // the SDK's own way to find it
    }

    // Goal: the example leads to the listener that the chart opens. What the scaler itself takes is shown where it lives.
    [Fact]
    public async Task KedaExample_LeadsToTheListener()
    {
        var example = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "deploy", "keda", "workers.yaml"), TestContext.Current.CancellationToken);
        var scaled = Assert.IsType<ScaledObject>(Assert.Single(KubernetesYaml.LoadAllFromString(example, new Dictionary<string, Type> { ["keda.sh/v1alpha1/ScaledObject"] = typeof(ScaledObject) }, strict: true)));
        var service = (await Helm.RenderAsync("cluster.yaml", "--set", "fullnameOverride=iggy")).OfType<V1Service>().First();
        var port = service.Spec.Ports.Single(port => port.Name == "grpc").Port;
        Assert.Equal($"{service.Metadata.Name}:{port}", Assert.Single(scaled.Spec!.Triggers!).Metadata!["scalerAddress"]);
    }

    [Theory]
    [InlineData("persistence.sise=1Gi", "persistence")]
    [InlineData("persistence.size=much", "size")]
    [InlineData("ports.tcp.port=70000", "port")]
    [InlineData("service.type=Loadbalancer", "type")]
    [InlineData("settings.durability=Always", "'durability'")]
    [InlineData("terminationGracePeriodSeconds=1", "terminationGracePeriodSeconds")]
    [InlineData("replicas=3", "cluster.enabled")]
    [InlineData("cluster.enabled=true", "metadata.existingSecret")]
    [InlineData("archive.bucket=b,metadata.existingSecret=s", "archive.bucket")]
    [InlineData("archive.maxLag=soon", "maxLag")]
    [InlineData("ports.http.enabled=false", "ports.http.enabled")]
    public async Task Template_WrongValue_IsRefusedByName(string value, string named)
    {
        var (code, output) = await Helm.RunAsync("template", "shop", Helm.Chart, "--set", value);
        Assert.NotEqual(0, code);
        Assert.Contains(named, output, StringComparison.Ordinal);
    }

    private static string OfASecret(string variable) =>
        variable.EndsWith("ConnectionString", StringComparison.Ordinal) ? "Host=db;Database=iggy;Username=iggy" : Convert.ToBase64String(new byte[32]); // a key

    private static T One<T>(IEnumerable<object> all) => Assert.Single(all.OfType<T>());
}
