using Iggy.Gateway.Errors;
using Iggy.Gateway.Listeners;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Security;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Catalog;
using Iggy.Protocol;

namespace Iggy.Gateway.Tests;

public sealed class RoutingTests
{
    private static readonly TopicRoute Route = new(0, 0, [], new RoundRobin());

    [Fact]
    public async Task RouteCache_AfterAChange_FindsNothingAndTakesNothingFromAnEarlierLookup()
    {
        var cache = new RouteCache();
        var before = cache.Current;
        before.Add([1, 2, 3], Route);
        Assert.True(cache.Current.TryFind([1, 2, 3], out _));

        await ((ICatalogObserver)new CatalogCaches(cache, new AccessCache(null!), new RevokedTokens(null!))).ChangedAsync();
        Assert.False(cache.Current.TryFind([1, 2, 3], out _));
        before.Add([4], Route); // a lookup that began before the change ends after it
        Assert.False(cache.Current.TryFind([4], out _));
    }

    // Goal: a route that was looked up while the catalog changed is used once and not remembered. Method: a catalog that changes inside the lookup.
    [Fact]
    public async Task Resolve_CatalogChangesMeanwhile_RemembersNothing()
    {
        var cache = new RouteCache();
        var catalog = new ScriptedCatalog();
        var router = new TopicRouter(cache, new Catalog(catalog.Grains));
        var address = TopicAddress.Of(new Identifier("s"), new Identifier("t"));
        catalog.OnListPartitions = cache.Clear;
        Assert.Equal((1u, 2u), Ids(await router.ResolveAsync(address)));
        Assert.Null(router.Find(address.Key.Span));

        catalog.OnListPartitions = null;
        Assert.Equal((1u, 2u), Ids(await router.ResolveAsync(address)));
        Assert.Equal((1u, 2u), Ids(router.Find(address.Key.Span)!));

        static (uint, uint) Ids(TopicRoute route) => (route.StreamId, route.TopicId);
    }

    // Goal: whoever names topics in ever new ways takes no more memory, and what is known stays known.
    [Fact]
    public void RouteCache_MoreRoutesThanAreKept_StaysAtTheBound()
    {
        var routes = new RouteCache().Current;
        var key = new byte[4];
        for (var i = 0; i < RouteCache.MaxRoutes + 10; i++)
        {
            BitConverter.TryWriteBytes(key, i);
            routes.Add(key, Route);
        }
        Assert.Equal(RouteCache.MaxRoutes, routes.Count);
        Assert.False(routes.TryFind(key, out _));
        Assert.True(routes.TryFind(new byte[4], out _));
    }

    [Fact]
    public void TurnOf_MoreTopicsThanAreKept_StaysBelowTheBound()
    {
        var router = new TopicRouter(new RouteCache(), null!);
        var topic = Guid.NewGuid();
        Assert.Equal(0u, router.TurnOf(topic).Next(3));
        Assert.Equal(1u, router.TurnOf(topic).Next(3));
        for (var i = 0; i < TopicRouter.MaxTurns + 10; i++)
            router.TurnOf(Guid.NewGuid());
        Assert.InRange(router.TurnsCount, 1, TopicRouter.MaxTurns);
    }

    [Fact]
    public void RouteCache_FindingARoute_AllocatesNothing()
    {
        var snapshot = new RouteCache().Current;
        snapshot.Add([1, 4, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0], Route);
        Assert.Equal(0, Allocations.Least(() =>
        {
            ReadOnlySpan<byte> key = [1, 4, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0];
            for (var i = 0; i < 1000; i++)
                Assert.True(snapshot.TryFind(key, out _));
        }));
    }

    [Fact]
    public void RoundRobin_ManyThreads_DealsEvenly()
    {
        var turn = new RoundRobin();
        var dealt = new int[7];
        Parallel.For(0, 7000, _ => Interlocked.Increment(ref dealt[turn.Next(7)]));
        Assert.All(dealt, count => Assert.Equal(1000, count));
    }

    [Fact]
    public void RoundRobin_FewerPartitionsThanBefore_StaysInside()
    {
        var turn = new RoundRobin();
        for (var i = 0; i < 9; i++)
            turn.Next(10);
        Assert.InRange(turn.Next(2), 0u, 1u);
        Assert.InRange(turn.Next(2), 0u, 1u);
    }

    [Fact]
    public void RefusalTable_EveryReason_HasACodeOfItsOwnMeaning()
    {
        foreach (var refusal in Enum.GetValues<Refusal>())
            Assert.Equal(refusal is Refusal.None, RefusalTable.ToError(refusal) is IggyError.None);
        Assert.DoesNotContain(IggyError.Error, Enum.GetValues<Refusal>().Select(RefusalTable.ToError));
    }

    [Theory]
    [InlineData("127.0.0.1:8090", "127.0.0.1:8090")]
    [InlineData("localhost:0", "127.0.0.1:0")]
    [InlineData("[::]:8090", "[::]:8090")]
    [InlineData("0.0.0.0:65535", "0.0.0.0:65535")]
    public void ListenAddress_Good_IsUnderstood(string text, string expected)
    {
        Assert.True(ListenAddress.TryParse(text, out var address));
        Assert.Equal(expected, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("8090")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("::1")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("example.org:80")]
    public void ListenAddress_Bad_IsRefused(string text) => Assert.False(ListenAddress.TryParse(text, out _));
}
