using Iggy.Gateway.Host;

namespace Iggy.Gateway.Tests;

/// <summary>Secrets that are made once and kept.</summary>
public sealed class SecretFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iggy-secret-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ReadOrMake_Repeated_IsTheSameForItsOwnerOnly()
    {
        var path = Path.Combine(_folder, "secrets", "a.key");
        var made = SecretFile.ReadOrMake(path, 48);
        Assert.Equal(48, made.Length);
        Assert.Equal(made, SecretFile.ReadOrMake(path, 48, static _ => Assert.Fail("It was replaced.")));
        Assert.NotEqual(made, SecretFile.ReadOrMake(Path.Combine(_folder, "secrets", "b.key"), 48));
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void ReadOrMake_WhatIsNoSuchSecret_IsReplacedAndTold()
    {
        var path = Path.Combine(_folder, "a.key");
        File.WriteAllText(path, "short");
        File.WriteAllText(path + ".new", "left by a crash, readable by all");
        var told = 0L;
        var made = SecretFile.ReadOrMake(path, 48, length => told = length);
        Assert.Equal(5, told);
        Assert.Equal(made, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }
}
