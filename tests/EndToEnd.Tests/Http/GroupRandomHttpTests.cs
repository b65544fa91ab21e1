using System.Collections.Concurrent;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Members over HTTP that come and go while messages are sent.</summary>
public sealed class GroupRandomHttpTests(HttpFixture fixture)
{
    // Goal: with commits as they read, members hand partitions over so that each message is read once. Method: seeded workers that
    // poll, leave, end their sessions and take part under new names, beside a sender.
    [Fact]
    public async Task Workers_ThatComeAndGo_ReadEachMessageOnce()
    {
        const int partitions = 5, rounds = 40, workers = 4;
        var seed = Environment.TickCount;
        using var topic = await GroupOverHttp.MakeAsync(fixture.Server, partitions);
        var (read, count, all) = (new ConcurrentQueue<string>(), 0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        var working = Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            var random = new Random(seed + worker); // a seed that a failing test prints
            for (var life = 0; !all.Task.IsCompleted; life++)
            {
                var member = await topic.MemberAsync($"w{worker}.{life}");
                for (var turns = random.Next(1, 60); turns > 0 && !all.Task.IsCompleted; turns--)
                {
                    limit.Token.ThrowIfCancellationRequested();
                    if (await member.PollAsync($"count={random.Next(1, 8)}") is not { Length: > 0 } found)
                        continue;
                    read.Enqueue(found);
                    if (Interlocked.Add(ref count, found.Count(c => c == '/')) >= partitions * rounds * 3)
                        all.TrySetResult();
                }
                Assert.True((await member.AskAsync(random.Next(2) == 0 ? topic.Membership : "/session", "DELETE")).Status is 204 or 404); // it may be no member yet
                await member.AskAsync("/session", "DELETE");
            }
        })).ToArray();

        for (var round = 0; round < rounds; round++)
            await topic.SendAsync(each: 3);
        await Task.WhenAny([all.Task, .. working]).WaitAsync(limit.Token); // a worker ends before only when it fails
        await Task.WhenAll(working);

        var messages = read.SelectMany(found => found.Split(' ')).Select(one => (Partition: int.Parse(one.Split('/')[0], null), Offset: int.Parse(one.Split('/')[1], null))).ToArray();
        for (var partition = 0; partition < partitions; partition++)
            Assert.True(Enumerable.Range(0, rounds * 3).SequenceEqual(messages.Where(one => one.Partition == partition).Select(one => one.Offset).Order()), $"seed {seed}, partition {partition}");
        Assert.Equal("0", await topic.WhenAsync(members => members.Length == 0));
    }
}
