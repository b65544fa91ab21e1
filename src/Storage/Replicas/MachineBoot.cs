namespace Iggy.Storage.Replicas;

/// <summary>Which boot of the machine this is: as long as it stays the same, the page cache has outlived every process.</summary>
public static class MachineBoot
{
    private const string BootIdPath = "/proc/sys/kernel/random/boot_id";

    /// <summary>The kernel's name for it. Where there is none, every process is taken for a boot of its own.</summary>
    public static Guid Current { get; } = Read();

    private static Guid Read()
    {
        try
        {
            return OperatingSystem.IsLinux() && Guid.TryParse(File.ReadAllText(BootIdPath), out var boot) ? boot : Guid.NewGuid();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Guid.NewGuid(); // suspected once more than needed
        }
    }
}
