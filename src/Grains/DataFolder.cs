using System.Globalization;
using Iggy.Storage.Files;

namespace Iggy.Grains;

/// <summary>A server's data folder, held against every other server for as long as this object lives.</summary>
/// <remarks><c>server.lock</c> is what is locked; the operating system lets go of it however the process ends. <c>server.holder</c> says who has it,
/// in a file of its own, because a locked file cannot be read by others. <c>metadata.db</c> and <c>partitions/</c> hold the data, <c>spare.space</c>
/// holds nothing: see <see cref="SpareFile"/>.</remarks>
public sealed class DataFolder : IDisposable
{
    /// <summary>The folder of all partitions, below the data folder.</summary>
    internal const string PartitionsName = "partitions";

    private const string LockName = "server.lock";
    private const string HolderName = "server.holder";
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream heldLock) => (Root, _lock) = (path, heldLock);

    /// <summary>The folder, absolute.</summary>
    public string Root { get; }

    /// <summary>The metadata database file.</summary>
    public string MetadataPath => Path.Combine(Root, "metadata.db");

    /// <summary>The folder of all partitions.</summary>
    public string PartitionsPath => Path.Combine(Root, PartitionsName);

    /// <summary>Makes the folder if it is absent, and takes it.</summary>
    /// <param name="path">Relative or absolute.</param>
    /// <param name="clock">For the start time that the next server reads.</param>
    /// <exception cref="DataFolderInUseException">Another server holds it; the message says which.</exception>
    /// <exception cref="IOException">The folder cannot be made or written.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static DataFolder Open(string path, TimeProvider clock)
    {
        path = Path.GetFullPath(path);
        OwnerOnly.HoldForNewFiles();
        Directory.CreateDirectory(path);
        var lockPath = Path.Combine(path, LockName);
        FileStream heldLock;
        try
        {
            heldLock = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(lockPath) && e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            throw new DataFolderInUseException(path, ReadHolder(path), e);
        }

        try
        {
            SpareFile.ReleaseIfFull(path);
            File.WriteAllText(Path.Combine(path, HolderName), string.Create(CultureInfo.InvariantCulture,
                $"process {Environment.ProcessId} on {Environment.MachineName}, started {clock.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z"));
            Directory.CreateDirectory(Path.Combine(path, PartitionsName));
            return new DataFolder(path, heldLock);
        }
        catch
        {
            heldLock.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static string ReadHolder(string path)
    {
        try
        {
            using var reader = new StreamReader(Path.Combine(path, HolderName));
            Span<char> text = stackalloc char[200]; // a line of ours is shorter; whatever else lies there is cut
            return new string(text[..reader.ReadBlock(text)]).Trim();
        }
        catch (IOException) // it took the lock a moment ago and has not written its name yet
        {
            return "another process";
        }
    }
}
