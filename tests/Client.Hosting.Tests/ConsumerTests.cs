using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Iggy.Protocol;
using Iggy.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Iggy.Client.Hosting.Tests;

/// <summary>A registered handler: every message, in order, and what becomes of those that cannot be handled.</summary>
public sealed class ConsumerTests : IAsyncLifetime
{
    private static readonly Identifier _stream = new("shop"), _topic = new("orders");
    private IggyTestServer _server = null!;
    private IggyClient _client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await IggyTestServer.StartAsync(cancellationToken: Cancel);
        _client = await IggyClient.ConnectAsync(_server.ConnectionString, Cancel);
        await _client.CreateStreamAsync("shop", Cancel);
        await _client.CreateTopicAsync(_stream, "orders", 3, cancellationToken: Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Members_ReadAllPartitions_EachInItsOrder()
    {
        var seen = new Seen();
        using var host = await StartAsync(seen, options => options.Members = 3);
        for (var i = 0; i < 300; i++)
            await _client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition((uint)(i % 3)), new Message($"{i}"), Cancel);
        var read = await seen.TakeAsync(300);
        Assert.Equal(Enumerable.Range(0, 300), read.Select(int.Parse).Order());
        Assert.All(read.Select(int.Parse).GroupBy(number => number % 3), partition => Assert.Equal(partition.Order(), partition));
        await host.StopAsync(Cancel);

        // What was handled is stored: the next host sees only what is new.
        using var again = await StartAsync(seen);
        await _client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition(1), new Message("new"), Cancel);
        Assert.Equal(["new"], await seen.TakeAsync(1));
        await again.StopAsync(Cancel);
    }

    [Fact]
    public async Task Handler_FailsForAWhile_GetsTheMessageAgainBeforeTheNext()
    {
        var seen = new Seen();
        var failures = 2;
        seen.Handle = text => text == "first" && failures-- > 0 ? throw new InvalidOperationException("not yet") : ValueTask.CompletedTask;
        using var host = await StartAsync(seen);
        foreach (var text in (string[])["first", "second"])
            await _client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition(0), new Message(text), Cancel);
        Assert.Equal(["first", "second"], await seen.TakeAsync(2));
        Assert.Equal(-1, failures);
        await host.StopAsync(Cancel);
        Assert.Null(await _client.GetTopicAsync(_stream, new("orders.dlq.workers"), Cancel));
    }

    [Fact]
    public async Task Handler_NeverManages_MessageIsSetAsideWithItsReasonAndTheNextComes()
    {
        var seen = new Seen { Handle = text => text == "poison" ? throw new InvalidOperationException("cannot be read") : ValueTask.CompletedTask };
        using var host = await StartAsync(seen, options => options.MaxAttempts = 3);
        var headers = new MessageHeaders().Add("kind", "order").ToMemory();
        await _client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition(2), new Message("poison") { Id = 77, UserHeaders = headers }, Cancel);
        await _client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition(2), new Message("good"), Cancel);
        Assert.Equal(["good"], await seen.TakeAsync(1));
        await host.StopAsync(Cancel);

        using var letters = await _client.PollMessagesAsync(
            new(ConsumerKind.Single, default), _stream, new("orders.dlq.workers"), 0, PollingStrategy.First, 10, autoCommit: false, Cancel);
        var letter = Assert.Single(letters);
        Assert.Equal(("poison", (UInt128)77), (letter.PayloadText, letter.Id));
        Assert.True(letter.TryGetHeader("kind", out var kind) && kind == "order");
        Assert.True(letter.TryGetHeader("iggy-dlq-topic", out var topic) && topic == "orders");
        Assert.True(letter.TryGetHeader<uint>("iggy-dlq-partition", out var partition) && partition == 2);
        Assert.True(letter.TryGetHeader<ulong>("iggy-dlq-offset", out var offset) && offset == 0);
        Assert.True(letter.TryGetHeader("iggy-dlq-group", out var group) && group == "workers");
        Assert.True(letter.TryGetHeader<int>("iggy-dlq-attempts", out var attempts) && attempts == 3);
        Assert.True(letter.TryGetHeader("iggy-dlq-error", out var error) && error == "System.InvalidOperationException: cannot be read");
        Assert.Equal(3, seen.Calls("poison"));
    }

    [Fact]
    public async Task NoDeadLetters_MessageComesAgainAndAgain_NothingBehindIt()
    {
        var seen = new Seen();
        var isMended = false;
        seen.Handle = text => text == "poison" && !isMended ? throw new InvalidOperationException("not yet") : ValueTask.CompletedTask;
        using var host = await StartAsync(seen, options => (options.DeadLetters, options.MaxAttempts) = (false, 2));
        foreach (var text in (string[])["poison", "behind"])
            await _client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition(0), new Message(text), Cancel);
        await seen.CalledAsync("poison", 5);
        Assert.Equal(0, seen.Calls("behind"));
        isMended = true;
        Assert.Equal(["poison", "behind"], await seen.TakeAsync(2));
        await host.StopAsync(Cancel);
    }

    // Goal: messages of two keys are handled side by side, those of one key in order. Method: the first of one key ends only when all of the other were handled.
    [Fact]
    public async Task Parallelism_KeysSideBySide_EachInItsOrder()
    {
        const int Count = 200;
        var (others, free) = (0, new TaskCompletionSource());
        var seen = new Seen();
        seen.Handle = async text =>
        {
            if (text == "0")
                await free.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancel);
            else if (int.Parse(text, CultureInfo.InvariantCulture) % 2 == 1 && Interlocked.Increment(ref others) == Count / 2)
                free.SetResult();
        };
        var messages = Enumerable.Range(0, Count).Select(i => new Message($"{i}") { UserHeaders = new MessageHeaders().Add("customer", i % 2).ToMemory() }).ToArray();
        await _client.SendMessagesAsync(_stream, _topic, Partitioning.ToPartition(0), messages, Cancel);
        var ofHeader = MessageKeys.OfHeader("customer");
        var keys = new ConcurrentDictionary<ulong, bool>();
        using var host = await StartAsync(seen, options =>
        {
            options.Parallelism = 2;
            options.Key = message =>
            {
                keys[ofHeader(message)] = true;
                return message.Message.TryGetHeader<int>("customer", out var customer) ? (ulong)customer : 7;
            };
        });
        var read = (await seen.TakeAsync(Count)).Select(int.Parse).ToArray();
        Assert.Equal(2, keys.Count);
        Assert.All(read.GroupBy(number => number % 2), key => Assert.Equal(key.Order(), key));
        await host.StopAsync(Cancel);
        Assert.Equal(Count - 1ul, (await _client.GetConsumerOffsetAsync(new(ConsumerKind.Group, new("workers")), _stream, _topic, 0, Cancel))?.StoredOffset);
    }

    // Goal: what stands behind a message that cannot be handled is never stored before it, however many lanes there are.
    [Fact]
    public async Task Parallelism_MessageFails_NothingFromItOnIsStored()
    {
        var isMended = false;
        var seen = new Seen();
        seen.Handle = text => text == "poison" && !Volatile.Read(ref isMended) ? throw new InvalidOperationException("not yet") : ValueTask.CompletedTask;
        await _client.SendMessagesAsync(
            _stream, _topic, Partitioning.ToPartition(0), [.. Enumerable.Range(0, 20).Select(i => new Message(i == 5 ? "poison" : $"{i}"))], Cancel);
        using var host = await StartAsync(seen, options =>
            (options.DeadLetters, options.MaxAttempts, options.Parallelism, options.Key) = (false, 1, 4, static message => message.Message.Offset));
        await seen.CalledAsync("poison", 3);
        Assert.True((await _client.GetConsumerOffsetAsync(new(ConsumerKind.Group, new("workers")), _stream, _topic, 0, Cancel)) is null or { StoredOffset: < 5 });
        Volatile.Write(ref isMended, true);
        var left = Enumerable.Range(0, 20).Select(i => i == 5 ? "poison" : $"{i}").ToHashSet();
        while (left.Count > 0)
            left.Remove((await seen.TakeAsync(1))[0]);
        await host.StopAsync(Cancel);
        Assert.Equal(19ul, (await _client.GetConsumerOffsetAsync(new(ConsumerKind.Group, new("workers")), _stream, _topic, 0, Cancel))?.StoredOffset);
    }

    [Fact]
    public async Task Stop_MessageAtHand_IsFinishedAndNoFurtherOneBegun()
    {
        var (begun, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        var seen = new Seen
        {
            Handle = async _ =>
            {
                begun.TrySetResult();
                await finish.Task;
            },
        };
        using var host = await StartAsync(seen);
        await _client.SendMessagesAsync(_stream, _topic, Partitioning.ToPartition(0), new Message[] { new("first"), new("second") }, Cancel);
        await begun.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancel);
        var stopping = host.StopAsync(Cancel);
        Assert.False(stopping.IsCompleted);
        finish.SetResult();
        await stopping;
        Assert.Equal((1, 0), (seen.Calls("first"), seen.Calls("second")));
        Assert.Equal(0ul, (await _client.GetConsumerOffsetAsync(new(ConsumerKind.Group, new("workers")), _stream, _topic, 0, Cancel))?.StoredOffset);
    }

    [Fact]
    public async Task Restart_OfTheServer_LosesNothing()
    {
        var seen = new Seen();
        using var host = await StartAsync(seen);
        await _client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition(0), new Message("before"), Cancel);
        Assert.Equal(["before"], await seen.TakeAsync(1));
        await _server.KillAsync(Cancel);
        await _server.RestartAsync(Cancel);
        await _client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition(0), new Message("after"), Cancel);
        while ((await seen.TakeAsync(1))[0] is var text && text != "after")
            Assert.Equal("before", text); // at least once: its offset may not have been stored
        await host.StopAsync(Cancel);
    }

    [Theory]
    [InlineData("Topic")]
    [InlineData("Members")]
    [InlineData("MaxRetryDelay")]
    public async Task Start_WrongSetting_IsToldByName(string setting)
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(new Seen(), options =>
        {
            options.Topic = setting == "Topic" ? "" : options.Topic;
            options.Members = setting == "Members" ? 0 : options.Members;
            options.MaxRetryDelay = setting == "MaxRetryDelay" ? TimeSpan.FromMilliseconds(1) : options.MaxRetryDelay;
        }));
        Assert.Contains(setting, failure.Message, StringComparison.Ordinal);
    }

    private async Task<IHost> StartAsync(Seen seen, Action<IggyConsumerOptions>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging();
        builder.Services.AddSingleton(seen);
        builder.Services.AddIggy(options => options.ConnectionString = _server.ConnectionString);
        builder.Services.AddIggyConsumer<Handler>(options =>
        {
            (options.Stream, options.Topic, options.Group) = ("shop", "orders", "workers");
            (options.PollInterval, options.FirstRetryDelay, options.MaxRetryDelay) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50));
            configure?.Invoke(options);
        });
        var host = builder.Build();
        await host.StartAsync(Cancel);
        return host;
    }

    private sealed class Handler(Seen seen) : IIggyMessageHandler
    {
        public async ValueTask HandleAsync(ConsumedMessage message, CancellationToken cancellationToken)
        {
            var text = message.Message.PayloadText;
            seen.Call(text);
            await seen.Handle(text);
            seen.Add(text);
        }
    }

    private sealed class Seen
    {
        private readonly Channel<string> _handled = Channel.CreateUnbounded<string>();
        private readonly ConcurrentDictionary<string, int> _calls = new();
        private readonly Channel<string> _called = Channel.CreateUnbounded<string>();

        public Func<string, ValueTask> Handle { get; set; } = _ => ValueTask.CompletedTask;

        public int Calls(string text) => _calls.GetValueOrDefault(text);

        public void Call(string text)
        {
            _calls.AddOrUpdate(text, 1, (_, count) => count + 1);
            _called.Writer.TryWrite(text);
        }

        public void Add(string text) => _handled.Writer.TryWrite(text);

        public async Task<List<string>> TakeAsync(int count)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            limit.CancelAfter(TimeSpan.FromMinutes(2));
            var taken = new List<string>();
            while (taken.Count < count)
                taken.Add(await _handled.Reader.ReadAsync(limit.Token));
            return taken;
        }

        public async Task CalledAsync(string text, int count)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            limit.CancelAfter(TimeSpan.FromMinutes(2));
            while (Calls(text) < count)
                await _called.Reader.ReadAsync(limit.Token);
        }
    }
}
