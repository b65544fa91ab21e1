using CsCheck;
using Iggy.Archive.Backup;
using Iggy.Archive.Layout;
using Iggy.Archive.Manifests;
using Iggy.Archive.Plans;
using Iggy.Archive.Restore;
using Iggy.Archive.Tests.Setup;
using Iggy.Archive.Tiering;
using Iggy.Storage;
using Iggy.Storage.Log;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Archive.Tests;

/// <summary>A partition at any moment of its life is what it was then.</summary>
public sealed class MomentTests
{
    private const string Name = "0123456789abcdef0123456789abcdef/0";
    private static readonly ConsumerKey _consumer = new(ConsumerKind.Consumer, 7);

    private enum Step
    {
        Append,
        Backup,
        Purge,
        DeleteOldest,
        Reopen,
        Store,
    }

    /// <param name="Micros">When.</param>
    /// <param name="Messages">What the log held.</param>
    /// <param name="First">Its first offset.</param>
    private sealed record Snapshot(ulong Micros, List<Kept> Messages, ulong First);

    // Goal: whatever happens to a log between the rounds, a restore at any moment holds its messages, times and ids of then, its stored offset as the point before
    // has it, and opens without a word. Method: random lives of a log with tiny segments; every moment between two steps is restored and compared.
    [Fact]
    public void Restore_AtAnyMomentOfARandomLife_IsWhatTheLogWas()
    {
        var step = Gen.Frequency((8, Gen.Const(Step.Append)), (5, Gen.Const(Step.Backup)), (1, Gen.Const(Step.Purge)), (1, Gen.Const(Step.DeleteOldest)), (1, Gen.Const(Step.Reopen)), (2, Gen.Const(Step.Store)));
        Gen.Select(step, Gen.Int[1, 6], Gen.Int[0, 700]).Array[1, 40].Sample(steps => LiveAsync(steps).GetAwaiter().GetResult(), iter: 60);
    }

    // Goal: a log that was put back to an earlier moment and went on differently spoils no moment before. Method: the folder of then comes back, gets other messages, and every
    // moment of both lives is compared.
    [Fact]
    public async Task Restore_OfALogThatWentOnFromAnEarlierMoment_KeepsBothLivesApart()
    {
        using var life = new Life();
        await life.BackupAsync();
        life.Clock.Advance(TimeSpan.FromSeconds(3));
        var snapshots = new List<Snapshot>();
        await StepAsync(5);
        life.SaveFolder();
        await StepAsync(7);
        await StepAsync(3);
        life.Clock.Advance(TimeSpan.FromSeconds(5));
        snapshots.Add(new Snapshot(life.Micros, Logs.ReadAll(life.Log), life.Log.Stats.FirstOffset)); // between the last point of this life and the first of the next
        life.Clock.Advance(TimeSpan.FromSeconds(5));
        life.BringFolderBack();
        await life.BackupAsync(); // as a server does when it starts; up to then the archive cannot know of another life
        life.Clock.Advance(TimeSpan.FromSeconds(3));
        await StepAsync(30);
        await StepAsync(2);
        life.Clock.Advance(TimeSpan.FromSeconds(5));
        await life.BackupAsync();
        foreach (var snapshot in snapshots)
            await CompareAsync(life, snapshot);

        async Task StepAsync(int count)
        {
            await life.DoAsync(Step.Append, count, 90);
            snapshots.Add(new Snapshot(life.Micros, Logs.ReadAll(life.Log), life.Log.Stats.FirstOffset));
            life.Clock.Advance(TimeSpan.FromSeconds(3));
            await life.BackupAsync();
        }
    }

    private static async Task LiveAsync((Step Step, int Count, int Bytes)[] steps)
    {
        using var life = new Life();
        await life.BackupAsync();
        var snapshots = new List<Snapshot>();
        foreach (var (step, count, bytes) in steps)
        {
            await life.DoAsync(step, count, bytes);
            snapshots.Add(new Snapshot(life.Micros, Logs.ReadAll(life.Log), life.Log.Stats.FirstOffset));
            life.Clock.Advance(TimeSpan.FromMilliseconds(700)); // so that several points lie within the time that an append may take
        }
        life.Clock.Advance(TimeSpan.FromSeconds(5));
        await life.BackupAsync();
        foreach (var snapshot in snapshots)
            await CompareAsync(life, snapshot);
    }

    private static async Task CompareAsync(Life life, Snapshot then)
    {
        var points = PointChoice.Valid(life.Points.Select(static one => one.Point));
        var (at, later) = PointChoice.Around(points, then.Micros)!.Value;
        var before = life.Points.First(one => one.Point == at);
        var plan = RestorePlan.For(before.Entry, later.Select(point => life.Points.First(one => one.Point == point).Entry), then.Micros);
        var folder = Path.Combine(life.Root, $"restored-{then.Micros}", Name);
        var messages = await new PartitionRestore(life.Store, life.Keys, life.Clock, NullLogger.Instance)
            .RunAsync(Name, folder, plan, plan.KeepsOffsets ? before.Entry.Offsets : null, then.Micros, TestContext.Current.CancellationToken);

        var quiet = new QuietLogger();
        using var log = Logs.Open(folder, Name, life.Clock, quiet);
        var found = Logs.ReadAll(log);
        Assert.Empty(quiet.Warnings);
        Assert.Equal((ulong)found.Count, messages);
        // What was deleted since the point before may be there again, at the beginning.
        Assert.Equal(then.Messages, found[(found.Count - then.Messages.Count)..]);
        Assert.All(found[..(found.Count - then.Messages.Count)], message => Assert.True(message.Offset < then.First));

        ulong? expected = plan.KeepsOffsets && before.Stored is { } stored && log.Stats.NextOffset > 0 ? Math.Min(stored, log.Stats.NextOffset - 1) : null;
        Assert.Equal(expected, log.TryGetConsumerOffset(_consumer, out var offset) ? offset : null);
        Logs.Append(log, 1, 8, 1); // goes on with the next offset
        Assert.Equal(found.Count == 0 ? log.Stats.FirstOffset : found[^1].Offset + 1, log.Stats.CurrentOffset);
    }

    private sealed class Life : IDisposable
    {
        private readonly ArchiveMetrics _metrics;
        private readonly Meters _meters = new();
        private int _seed;
        private PartitionEntry? _entry;
        private ulong _rounds;

        public Life()
        {
            _metrics = new ArchiveMetrics(_meters, Microsoft.Extensions.Options.Options.Create(new ArchiveOptions()), new TierMetrics(_meters), Clock);
            Store = new MemoryStore(Clock);
            PartitionLog.Create(Folder);
            Log = Logs.Open(Folder, Name, Clock, NullLogger.Instance, 1 << 10);
        }

        public string Root { get; } = Directory.CreateTempSubdirectory("iggy-archive-").FullName;

        public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));

        public MemoryStore Store { get; }

        public ArchiveKeys Keys { get; } = new("iggy", "server");

        public PartitionLog Log { get; private set; }

        public List<(Point Point, PartitionEntry Entry, ulong? Stored)> Points { get; } = [];

        public ulong Micros => (ulong)((Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

        private string Folder => Path.Combine(Root, "live", Name);

        public async Task DoAsync(Step step, int count, int bytes)
        {
            switch (step)
            {
                case Step.Append:
                    Logs.Append(Log, count, bytes, _seed);
                    _seed += count;
                    break;
                case Step.Backup:
                    await BackupAsync();
                    break;
                case Step.Purge: // what goes before a round has seen it is in nobody's archive, which is no promise of this one
                    await BackupAsync();
                    Log.Purge();
                    break;
                case Step.DeleteOldest:
                    await BackupAsync();
                    if (Log.OldestSealed is { } oldest)
                        Log.TakeIfOldest(oldest.FirstOffset).Run();
                    break;
                case Step.Reopen:
                    Log.Dispose();
                    Log = Logs.Open(Folder, Name, Clock, NullLogger.Instance, 1 << 10);
                    break;
                default:
                    if (Log.Stats.MessagesCount > 0)
                        Assert.Equal(StoreOffsetStatus.Stored, Log.StoreConsumerOffset(_consumer, Log.Stats.CurrentOffset));
                    break;
            }
        }

        public async Task BackupAsync()
        {
            using var packs = new PackWriter(Store, Keys, 1, ++_rounds, _metrics);
            var backup = new PartitionBackup(Name, Folder, packs, new SegmentUpload(Store, Keys, 1, _metrics), _metrics);
            _entry = await backup.RunAsync(_entry, isTrusted: _rounds % 3 != 0, TestContext.Current.CancellationToken);
            await packs.FlushAsync(TestContext.Current.CancellationToken);
            Points.Add((new Point(Micros, new ManifestName(1, _rounds, 0)), _entry, Log.TryGetConsumerOffset(_consumer, out var offset) ? offset : null));
        }

        public void SaveFolder()
        {
            Log.Dispose();
            Copy(Folder, Folder + ".saved");
            Log = Logs.Open(Folder, Name, Clock, NullLogger.Instance, 1 << 10);
        }

        public void BringFolderBack()
        {
            Log.Dispose();
            Directory.Delete(Folder, recursive: true);
            Copy(Folder + ".saved", Folder);
            Log = Logs.Open(Folder, Name, Clock, NullLogger.Instance, 1 << 10);
            _rounds += 3 - (_rounds % 3) - 1; // the next round is the first of a process
        }

        private static void Copy(string from, string to)
        {
            Directory.CreateDirectory(to);
            foreach (var file in Directory.EnumerateFiles(from))
                File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        public void Dispose()
        {
            Log.Dispose();
            _meters.Dispose();
            Directory.Delete(Root, recursive: true);
        }
    }
}
