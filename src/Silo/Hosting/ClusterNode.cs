using System.Net;
using Iggy.Grains;
using Iggy.Grains.Hosting;
using Iggy.Grains.Options;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Iggy.Silo.Hosting;

/// <summary>A silo that is one of several: they find each other in the database that holds their metadata.</summary>
/// <remarks>What the times below give was measured, with this release of Orleans: the others know of a killed silo after about 2 s, of a frozen one after about 6 s, and
/// none was taken for dead that was not.</remarks>
internal static class ClusterNode
{
    /// <summary>Joins the cluster. To be called last.</summary>
    public static ISiloBuilder UseClusterNode(this ISiloBuilder silo, ClusterNodeOptions node)
    {
        silo.UseMembershipInPostgreSql();
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (node.Name, "iggy"));
        var address = node.EndPoint ?? new IPEndPoint(IPAddress.Loopback, 11_111); // a wrong one stops the start before this counts
        silo.Configure<EndpointOptions>(endpoints =>
        {
            (endpoints.AdvertisedIPAddress, endpoints.SiloPort) = (address.Address, address.Port);
            endpoints.SiloListeningEndpoint = address;
            endpoints.GatewayPort = 0; // no client of Orleans comes from outside
        });
        silo.Configure<ClusterMembershipOptions>(static membership =>
        {
            membership.ProbeTimeout = TimeSpan.FromSeconds(1);
            membership.MaxProbeTimeout = TimeSpan.FromSeconds(1.5);
            membership.NumMissedProbesLimit = 3;
            membership.NumVotesForDeathDeclaration = 2;
            membership.ExtendProbeTimeoutDuringDegradation = false;
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        });
        silo.Services.AddOptions<SiloOptions>().Configure<IOptions<StorageOptions>>(static (options, storage) =>
        {
            DataFolderCheck.RefuseForeign(storage.Value.DataPath); // before anything is written there
            options.SiloName = NodeIdFile.ReadOrCreate(storage.Value.DataPath);
        });
#pragma warning disable ORLEANSEXP003 // the directory that finds grains again while its servers come and go; the default one may make a second activation then
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        silo.Configure<GrainDirectoryOptions>(static directory => directory.RangeLeaseDuration = TimeSpan.Zero); // a partition's lock fences, no lease has to
        return silo;
    }
}
