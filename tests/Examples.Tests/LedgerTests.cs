using Iggy.Client;
using Iggy.Examples.MarketAnalytics;
using Iggy.Examples.MarketAnalytics.Processing;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.Examples.Tests;

[Trait("kind", "process")]
public sealed class LedgerTests : IAsyncLifetime
{
    private static readonly (IReadOnlyList<Candle>, IReadOnlyList<Anomaly>) s_nothing = ([], []);
    private IggyTestServer _server = null!;
    private IggyClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await IggyTestServer.StartAsync(cancellationToken: Token);
        _client = await IggyClient.ConnectAsync(_server.ConnectionString, Token);
        await Market.CreateAsync(_client, Token);
        await Market.CreateAsync(_client, Token); // several processes may
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    // Goal: of two who go on from the same step one counts, whoever reads. Method: two writers that know the same end.
    [Fact]
    public async Task Append_ByTwoFromTheSameState_CountsOnce()
    {
        var (first, second) = (new Ledger(_client, 0), new Ledger(_client, 0));
        Assert.Equal(0ul, (await first.LoadAsync(Token)).Next);
        Assert.Equal(0ul, (await second.LoadAsync(Token)).Next);

        Assert.True(await first.AppendAsync(0, s_nothing, 1, State(10), Token));
        Assert.False(await second.AppendAsync(0, s_nothing, 1, State(20), Token));
        Assert.Equal(10ul, (await second.LoadAsync(Token)).Next);
        Assert.True(await second.AppendAsync(10, s_nothing, 1, State(25), Token));
        Assert.False(await first.AppendAsync(10, s_nothing, 1, State(30), Token)); // it was away and does not know
        Assert.Equal(25ul, (await first.LoadAsync(Token)).Next);

        var steps = await Ledger.ReadAsync(_client, 0, 0, 100, Token);
        Assert.Equal([true, false, true, false], steps.Select(static step => step.Checkpoint.CountsAt(step.Offset)));
    }

    // Goal: a state is found behind any number of steps that do not count. Method: more of them than are looked at together.
    [Fact]
    public async Task Load_BehindManyStepsThatDoNotCount_FindsTheLastThatDoes()
    {
        var ledger = new Ledger(_client, 1);
        await ledger.LoadAsync(Token);
        Assert.True(await ledger.AppendAsync(0, s_nothing, 1, State(10), Token));
        for (var i = 0; i < 70; i++)
        {
            var late = new Checkpoint(Guid.NewGuid(), 1, -1, 0, [], [], 0, State(99));
            await _client.SendMessageAsync(Market.Stream, Market.Analytics, Partitioning.ToPartition(1),
                new Message(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(late, MarketJson.Default.Checkpoint)), Token);
        }
        Assert.Equal(10ul, (await new Ledger(_client, 1).LoadAsync(Token)).Next);
    }

    private static AnalysisState State(ulong next) => new() { Next = next };
}
