using CsCheck;
using Iggy.Storage.Context;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests.Replicas;

/// <summary>Three logs of a partition against three lists of numbers, over random steps: appends, pieces, cuts, new beginnings, trims, other leaders, deaths.</summary>
public class ReplicaModelTests
{
    [Fact]
    public void Steps_OfAnyKind_GiveWhatTheModelSays() => Gen.Int.Sample(seed => Run(new Random(seed), steps: 48), iter: 40);

    private sealed class Replica(PartitionLogOptions options) : IDisposable
    {
        public TestLog Log { get; } = new(options);

        public List<int> Values { get; set; } = []; // of all offsets, also those that are trimmed

        public ulong Start { get; set; }

        public void Dispose() => Log.Dispose();

        // Through the records, for readers see only what is committed.
        private List<int> Seen()
        {
            using var copy = new TestLog(ReplicaLogs.Options);
            copy.Log.RestartAt(Start);
            copy.Log.FollowToEnd(Log.Log);
            return copy.Values();
        }

        public void Check()
        {
            Assert.Equal((Start, (ulong)Values.Count), (Log.Log.StartOffset, Log.Log.EndOffset));
            Assert.Equal(Values.Skip((int)Start), Seen());
            Assert.Empty(Log.Log.Damage);
        }
    }

    private static int Common(Replica one, Replica other)
    {
        var common = 0;
        while (common < one.Values.Count && common < other.Values.Count && one.Values[common] == other.Values[common])
            common++;
        return common;
    }

    private static void Run(Random random, int steps)
    {
        var options = ReplicaLogs.Options with { Durability = (DurabilityMode)random.Next(3), SegmentBytes = random.Next(512, 3000) };
        Replica[] all = [new(options), new(options), new(options)];
        var (leader, epoch, value, committed) = (all[0], 1u, 0, 0);
        leader.Log.Log.BeginLeading(epoch);
        for (var step = 0; step < steps; step++)
        {
            var follower = all.Where(one => one != leader).ElementAt(random.Next(2));
            switch (random.Next(12))
            {
                case < 4:
                    var count = random.Next(1, 4);
                    leader.Log.Append([.. Enumerable.Range(0, count).Select(_ => ReplicaLogs.Valued(value++, random.Next(4, 700)))]);
                    leader.Values.AddRange(Enumerable.Range(value - count, count));
                    break;
                case < 7:
                    BecomePart(follower, leader, random);
                    if (follower.Log.Log.Follow(leader.Log.Log, random.Next(1, 3000)))
                        follower.Values = leader.Values[..(int)follower.Log.Log.EndOffset];
                    break;
                case 7:
                    (random.Next(2) == 0 ? leader : follower).Log.Kill();
                    leader.Log.Log.BeginLeading(++epoch);
                    break;
                case 8:
                    (random.Next(2) == 0 ? leader : follower).Log.Reopen();
                    leader.Log.Log.BeginLeading(++epoch);
                    break;
                case 9 when Common(follower, leader) >= committed:
                    leader = follower;
                    leader.Log.Log.BeginLeading(epoch += 2);
                    break;
                case 10:
                    committed = Math.Max(committed, all.Where(one => one != leader).Max(one => Common(one, leader)));
                    leader.Log.Log.SetCommitted((ulong)committed);
                    leader.Log.Log.DeleteSegments(1);
                    leader.Start = leader.Log.Log.StartOffset;
                    break;
                default:
                    leader.Log.Clock.Advance(TimeSpan.FromMilliseconds(1));
                    break;
            }
            if (step % 6 == 5)
                follower.Check();
        }
        foreach (var one in all)
        {
            one.Check();
        }
        foreach (var follower in all.Where(one => one != leader))
        {
            BecomePart(follower, leader, random);
            follower.Log.Log.DropEmptySegment();
            follower.Log.Log.FollowToEnd(leader.Log.Log);
        }
        var start = all.Max(one => one.Log.Log.StartOffset); // some were followers of one that had trimmed more
        foreach (var one in all)
        {
            one.Log.Log.SetCommitted(start);
            one.Log.Log.TakeBelow(start).Run();
            one.Log.Log.Dispose();
        }
        Assert.All(all, one => ReplicaLogs.AssertSameSegments(leader.Log.Folder, one.Log.Folder));
        Array.ForEach(all, one => one.Dispose());
    }

    // What an epoch map says in the protocol the model's values say here: no value is given twice.
    private static void BecomePart(Replica follower, Replica leader, Random random)
    {
        var common = Common(follower, leader);
        while (common > 0 && (ulong)common > follower.Start && follower.Log.Log.PlanRecords((ulong)common, (ulong)common + 1, 1).Found is RecordsFound.NotThere)
            common--; // the leader wrote whole records, so did the one before it
        if ((ulong)common < follower.Start || (ulong)common < leader.Start || (ulong)follower.Values.Count < leader.Start)
        {
            follower.Log.Log.RestartAt(leader.Start);
            (follower.Start, follower.Values) = (leader.Start, leader.Values[..(int)leader.Start]);
        }
        else if (common < follower.Values.Count)
        {
            follower.Log.Log.CutTo((ulong)common);
            follower.Values.RemoveRange(common, follower.Values.Count - common);
            follower.Start = follower.Log.Log.StartOffset;
        }
        if (random.Next(6) == 0)
            follower.Log.Kill();
    }
}
