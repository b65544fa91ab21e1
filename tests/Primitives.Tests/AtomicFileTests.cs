namespace Iggy.Primitives.Tests;

/// <summary>Files that are replaced whole.</summary>
public sealed class AtomicFileTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder = Directory.CreateTempSubdirectory("iggy-file-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "a.txt");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_OverAnother_LeavesOneFileWithTheNewBytes()
    {
        AtomicFile.Write(Path, "a longer text");
        AtomicFile.Write(Path, "new");
        Assert.Equal("new"u8, File.ReadAllBytes(Path));
        Assert.Equal([Path], Directory.GetFiles(_folder));
    }

    // Goal: a file that a crash left beside lends the new one neither its rights nor its end.
    [Fact]
    public void Write_ForTheOwnerOnly_IsReadableByNobodyElse()
    {
        File.WriteAllText(Path + ".new", "left by a crash, longer, and readable by all");
        AtomicFile.Write(Path, "secret", ownerOnly: true);
        Assert.Equal("secret", File.ReadAllText(Path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(Owner, File.GetUnixFileMode(Path));
    }

    [Fact]
    public void Write_ThatFails_LeavesWhatWasThere()
    {
        AtomicFile.Write(Path, "old");
        Directory.CreateDirectory(Path + ".new");
        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(Path, "new"));
        Assert.Equal("old", File.ReadAllText(Path));
    }

    [Fact]
    public void Flush_OfAFolderThatIsNotThere_Fails()
    {
        if (!OperatingSystem.IsLinux())
            return;
        FolderSync.Flush(_folder);
        Assert.Throws<IOException>(() => FolderSync.Flush(System.IO.Path.Combine(_folder, "none")));
    }
}
