using Iggy.Storage.Context;
using Iggy.Storage.Log;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Tests.Setup;

/// <summary>Replicas of one partition in one process, without anybody who decides.</summary>
internal static class ReplicaLogs
{
    public static readonly PartitionLogOptions Options = new() { SegmentBytes = 512, IsReplica = true };

    /// <summary>A replica that leads.</summary>
    public static TestLog Leader(PartitionLogOptions? options = null, ulong epoch = 1)
    {
        var log = new TestLog(options ?? Options);
        log.Log.BeginLeading(epoch);
        return log;
    }

    /// <summary>Takes one piece of the leader's log over, as a follower does.</summary>
    /// <returns>False when nothing is left.</returns>
    public static bool Follow(this PartitionLog follower, PartitionLog leader, int maxBytes = 1 << 20)
    {
        var from = follower.EndOffset;
        if (leader.GenerationOfSegmentAt(from) is { } generation)
            follower.RollTo(from, generation);
        var plan = leader.PlanRecords(from, leader.EndOffset, maxBytes);
        if (plan.Found is RecordsFound.End)
            return false;
        Assert.Equal(RecordsFound.Records, plan.Found);
        Assert.Equal(RecordsStatus.Appended, follower.AppendRecords(plan.From, plan.End, leader.Copy(in plan)));
        return true;
    }

    public static void FollowToEnd(this PartitionLog follower, PartitionLog leader, int maxBytes = 1 << 20)
    {
        while (follower.Follow(leader, maxBytes))
            continue;
    }

    public static byte[] Copy(this PartitionLog log, in RecordsPlan plan)
    {
        var bytes = new byte[plan.Bytes];
        Assert.True(log.CopyRecords(in plan, bytes));
        return bytes;
    }

    /// <summary>Messages of a log whether anybody may see them or not, as numbers that were put into their payloads.</summary>
    public static List<int> Values(this TestLog log)
    {
        log.Log.SetCommitted(log.Log.EndOffset);
        return [.. log.Read().Select(message => BitConverter.ToInt32(message.Payload))];
    }

    public static Sent Valued(int value, int bytes = 40)
    {
        var sent = Sent.Of(Math.Max(bytes, 4), value);
        BitConverter.TryWriteBytes(sent.Payload, value);
        return sent;
    }

    /// <summary>The segment files of two folders that nobody has open hold the same: names, records and seals byte for byte, heads but for creation times.</summary>
    public static void AssertSameSegments(string one, string other)
    {
        Assert.Equal(Names(one), Names(other));
        foreach (var name in Names(one))
        {
            var (left, right) = (File.ReadAllBytes(Path.Combine(one, name)), File.ReadAllBytes(Path.Combine(other, name)));
            Assert.Equal(left[..24], right[..24]);
            Assert.Equal(left[SealBlock.FilePosition..(SealBlock.FilePosition + SealBlock.SizeInBytes)], right[SealBlock.FilePosition..(SealBlock.FilePosition + SealBlock.SizeInBytes)]);
            Assert.Equal(left[(int)SegmentFormat.HeadBytes..], right[(int)SegmentFormat.HeadBytes..]);
        }
    }

    private static string[] Names(string folder) => [.. Directory.GetFiles(folder, "*.log").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
