using Iggy.Primitives;
using Iggy.Storage.Context;
using Iggy.Storage.Files;
using Iggy.Storage.Log;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Storage.Tests.Setup;

/// <summary>A log in a folder of its own that a test opens, kills and damages.</summary>
internal sealed class TestLog : IDisposable
{
    private PartitionLog? _log;

    public TestLog(PartitionLogOptions? options = null, DateTimeOffset? now = null)
    {
        Options = options ?? new PartitionLogOptions();
        Clock = new FakeTimeProvider(now ?? new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        LogFolder.Create(Folder, Disk);
    }

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "iggy-storage-tests", Guid.NewGuid().ToString("N"));

    public PartitionLogOptions Options { get; set; }

    public FakeTimeProvider Clock { get; }

    public TestDisk Disk { get; } = new();

    public TestLogger Logger { get; private set; } = new();

    /// <summary>The open log; opened on first use.</summary>
    public PartitionLog Log => _log ??= PartitionLog.Open(Folder, Options, Clock, Logger, Disk);

    public ulong NowMicros => Clock.UnixMicros();

    public string LogFile(ulong firstOffset = 0) => Path.Combine(Folder, $"{firstOffset:D20}.log");

    public string IndexFile(ulong firstOffset = 0) => Path.Combine(Folder, $"{firstOffset:D20}.index");

    public TestLog Reopen()
    {
        Log.Dispose();
        return OpenAgain();
    }

    /// <summary>Lets the process "die": what it wrote is there, what it would have tidied up is not.</summary>
    public TestLog Kill()
    {
        _log?.Abandon();
        return OpenAgain();
    }

    /// <summary>The process "dies" and its files are changed before the next one opens them.</summary>
    public TestLog Kill(Action change)
    {
        _log?.Abandon();
        change();
        return OpenAgain();
    }

    public ulong Append(params IReadOnlyList<Sent> messages) => Append(MessageLayout.Classic, messages);

    public ulong Append(MessageLayout layout, IReadOnlyList<Sent> messages)
    {
        var result = Log.Append(layout, Batches.Of(layout, messages), (uint)messages.Count);
        Assert.Equal(AppendStatus.Appended, result.Status);
        return result.BaseOffset;
    }

    public List<Served> Read(ReadFrom from = ReadFrom.First, ulong value = 0, uint count = int.MaxValue, MessageLayout layout = MessageLayout.Classic)
        => Replies.Take(Log.Read(new ReadRequest(from, value, count, layout)), layout);

    public ulong[] Offsets(ReadFrom from = ReadFrom.First, ulong value = 0, uint count = int.MaxValue)
        => [.. Read(from, value, count).Select(message => message.Offset)];

    public ReadStatus StatusAt(ulong offset) => Log.Read(new ReadRequest(ReadFrom.Offset, offset, 1)) is var result && result.Rented is { } rented
        ? Returned(rented, result.Status) : result.Status;

    public void Dispose()
    {
        _log?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static ReadStatus Returned(byte[] rented, ReadStatus status)
    {
        System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        return status;
    }

    private TestLog OpenAgain()
    {
        Logger = new TestLogger();
        _log = null;
        _ = Log;
        return this;
    }
}
