using System.Diagnostics;
using Iggy.EndToEnd.Tests.Setup;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>A group whose members come, go, die and stall while messages arrive.</summary>
public sealed class GroupRandomTests(ITestOutputHelper output)
{
    private const int Partitions = 6;
    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_handOver = TimeSpan.FromMilliseconds(700);

    private readonly GroupHistory[] _history = [.. Enumerable.Range(0, Partitions).Select(_ => new GroupHistory())];
    private readonly long[] _sent = new long[Partitions];
    private readonly List<string> _wrong = [];
    private volatile bool _ending;
    private int _members;
    private int _deaths, _stalls, _refused, _looks;

    // Goal: nothing is lost, no partition ever has two owners, and what was committed or is in another's hands is delivered to nobody else.
    [Fact]
    public async Task Group_InTurmoil_LosesNothingAndDeliversAgainOnlyWhatWasNotCommitted()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>
        {
            ["IGGY_CONSUMER_GROUP_REBALANCING_TIMEOUT"] = $"{s_handOver.TotalMilliseconds} ms",
            ["IGGY_CONSUMER_GROUP_REBALANCING_CHECK_INTERVAL"] = "50 ms",
        });
        try
        {
            using var topic = await GroupTopic.MakeAsync(server, Partitions);
            var started = Stopwatch.GetTimestamp();
            var tasks = new List<Task> { ProduceAsync(topic, new Random(seed)), WatchAsync(topic, server) };
            for (var i = 0; i < 5; i++)
                tasks.Add(LiveAsync(topic, new Random(seed + i + 1)));
            var all = Task.WhenAll(tasks);
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100)); // the length of the run is time itself
            while (Stopwatch.GetElapsedTime(started) < s_length && !all.IsFaulted && await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken))
            {
            }
            _ending = true;
            await all;
            await DrainAsync(topic);

            for (var partition = 0; partition < Partitions; partition++)
            {
                _wrong.AddRange(_history[partition].Missing(_sent[partition]).Select(offset => $"{partition}: {offset} was never delivered"));
                _wrong.AddRange(_history[partition].Wrong(s_handOver).Select(text => $"{partition}: {text}"));
            }
            output.WriteLine($"{_sent.Sum()} messages, {_members} memberships, {_deaths} deaths, {_stalls} stalls, {_refused} refused commits, {_looks} looks");
            Assert.True(_wrong.Count == 0, $"seed {seed}: {_wrong.Count} wrong, the first:\n{string.Join('\n', _wrong.Take(10))}");
            Assert.True(_sent.Sum() > 100 && _members > 10 && _looks > 10, "the run was too slow to show anything");
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    private async Task ProduceAsync(GroupTopic topic, Random random)
    {
        while (!_ending)
        {
            var (partition, count) = (random.Next(Partitions), random.Next(1, 20));
            await topic.SendAsync((uint)partition, count);
            _sent[partition] += count;
        }
    }

    // Looks at the group all the time, over a connection of its own.
    private async Task WatchAsync(GroupTopic topic, ServerProcess server)
    {
        using var watcher = await LogInAsync(server.Tcp);
        while (!_ending)
        {
            var members = await topic.MembersAsync(watcher);
            var owned = members.Values.SelectMany(ids => ids).Order().ToArray();
            if (!owned.SequenceEqual(members.Count == 0 ? [] : Enumerable.Range(0, Partitions).Select(id => (uint)id)))
                Note($"owned at one time: {string.Join("; ", members.Values.Select(ids => string.Join(',', ids)))}");
            _looks++;
        }
    }

    private async Task LiveAsync(GroupTopic topic, Random random)
    {
        while (!_ending)
        {
            var number = Interlocked.Increment(ref _members);
            var member = await topic.JoinAsync();
            var isAutomatic = random.Next(2) == 0;
            for (var left = random.Next(5, 60); left > 0 && !_ending; left--)
                await WorkAsync(topic, member, number, isAutomatic, stalls: random.Next(40) == 0);

            foreach (var history in _history)
                history.Disturbed(); // a commit that is not answered yet may be in force or not: none is here
            if (random.Next(2) == 0)
            {
                Interlocked.Increment(ref _deaths);
                await member.SendAsync(Frame(100, topic.Poll(count: 10))); // dies in the middle of a poll that commits nothing
            }
            else
            {
                await member.DoAsync(605, topic.Address);
            }
            member.Dispose();
        }
    }

    private async Task WorkAsync(GroupTopic topic, RawClient member, int number, bool isAutomatic, bool stalls)
    {
        var start = Stopwatch.GetTimestamp();
        var (status, reply) = await member.AskAsync(100, topic.Poll(autoCommit: isAutomatic, count: 10));
        if (status != 0)
        {
            Note($"poll answered {status}");
            return;
        }
        var (partition, _, messages) = ReadPoll(reply);
        if (messages.Count == 0)
            return;
        var history = _history[partition];
        ulong[] offsets = [.. messages.Select(message => message.Offset)];
        history.Delivered(number, start, offsets);
        if (isAutomatic)
        {
            history.Committed(history.Committing((long)offsets[^1], start), isStored: true);
            return;
        }

        if (stalls)
        {
            Interlocked.Increment(ref _stalls);
            using var timer = new PeriodicTimer(s_handOver * 1.5); // a stall is time that passes
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
        var commit = history.Committing((long)offsets[^1], Stopwatch.GetTimestamp());
        var stored = await topic.StoreAsync(member, partition, offsets[^1]);
        history.Committed(commit, stored == 0);
        if (stored == 3022)
            Interlocked.Increment(ref _refused); // it was taken away meanwhile
        else if (stored != 0)
            Note($"commit of {partition}/{offsets[^1]} answered {stored}");
    }

    // The last member reads what is left; it owns everything.
    private async Task DrainAsync(GroupTopic topic)
    {
        await topic.MembersWhenAsync(members => members.Count == 0);
        var member = await topic.JoinAsync();
        for (var empty = 0; empty < Partitions;)
        {
            var start = Stopwatch.GetTimestamp();
            var (partition, _, offsets) = await topic.PollAsync(member, autoCommit: true);
            empty = offsets.Count == 0 ? empty + 1 : 0;
            if (offsets.Count == 0)
                continue;
            _history[partition].Delivered(0, start, [.. offsets]);
            _history[partition].Committed(_history[partition].Committing((long)offsets[^1], start), isStored: true);
        }
    }

    private void Note(string wrong)
    {
        lock (_wrong)
            _wrong.Add(wrong);
    }
}
