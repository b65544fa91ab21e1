using Iggy.Gateway.Host;
using Iggy.Gateway.Wire.Vsr;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Gateway.Tests;

/// <summary>What is kept of sessions over a restart.</summary>
public sealed class SessionFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("iggy-sessions-");

    private string Path => System.IO.Path.Combine(_folder.FullName, "gateway", "sessions");

    [Fact]
    public void Open_AfterChanges_GivesWhatIsThereNow()
    {
        var group = new KeptMembership(1, 2, Guid.NewGuid(), new ConsumerGroupEntry(3, Guid.NewGuid(), "workers"));
        using (var file = Start())
        {
            Assert.Empty(file.Open());
            for (var number = 1UL; number <= 3; number++)
                file.Put(SessionOf(number));
            file.Regroup(2, [group]);
            file.Regroup(99, [group]); // nobody's
            file.Remove(1);
        }
        using var again = Start();
        var kept = again.Open();
        Assert.Equal([3UL, 2UL], kept.Select(static session => session.Number)); // the newest first
        Assert.Equal([group], kept[1].Groups);
        Assert.Equal((SessionOf(2).UserId, SessionOf(2).MaxReplyBytes), (kept[1].UserId, kept[1].MaxReplyBytes));
        Assert.Equal(SessionOf(2).SecretHash, kept[1].SecretHash);
        Assert.Empty(again.Open()); // once
    }

    // Cut and changed at every byte: what lies before is there, nothing fails, and what is not whole is not there.
    [Fact]
    public void Open_OfAFileThatIsNotWhole_GivesWhatLiesBeforeIt()
    {
        using (var file = Start())
        {
            file.Open();
            file.Put(SessionOf(1));
            file.Put(SessionOf(2));
        }
        var whole = File.ReadAllBytes(Path);
        for (var at = 0; at < whole.Length; at++)
        {
            foreach (var bytes in new[] { whole[..at], [.. whole[..at], (byte)(whole[at] ^ 0x41), .. whole[(at + 1)..]] })
            {
                File.WriteAllBytes(Path, bytes);
                using var file = Start();
                Assert.Equal(at < whole.Length / 2 ? [] : [1UL], file.Open().Select(static session => session.Number));
            }
        }
    }

    [Fact]
    public void Put_OfManySessionsThatEnd_KeepsTheFileSmall()
    {
        using var file = Start();
        file.Open();
        file.Put(SessionOf(1));
        var most = 0L;
        for (var number = 2UL; number <= 20_000; number++)
        {
            file.Put(SessionOf(number));
            file.Remove(number);
            most = Math.Max(most, new FileInfo(Path).Length);
        }
        Assert.InRange(most, 1, 10_010 * 120);
        using var again = Start();
        Assert.Equal([1UL], again.Open().Select(static session => session.Number));
    }

    [Fact]
    public void Put_WhereNothingCanBeWritten_FailsNobody()
    {
        File.WriteAllText(System.IO.Path.Combine(_folder.FullName, "gateway"), "a file where the folder should be");
        using var file = Start();
        Assert.Empty(file.Open());
        file.Put(SessionOf(1));
        file.Remove(1);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private SessionFile Start() => new(new DataDisk(_folder.FullName), NullLogger<SessionFile>.Instance);

    private static KeptSession SessionOf(ulong number) => new(number, (uint)number + 7, number, 1000, [.. Enumerable.Repeat((byte)number, 32)], []);
}
