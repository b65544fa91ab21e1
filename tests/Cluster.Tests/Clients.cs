using Iggy.Testing;

namespace Iggy.Cluster.Tests;

/// <summary>A client at each gateway.</summary>
internal sealed class Clients(RawClient[] clients) : IDisposable
{
    public IReadOnlyList<RawClient> All => clients;

    public RawClient this[int gateway] => clients[gateway];

    public void Dispose()
    {
        foreach (var client in clients)
            client.Dispose();
    }
}
