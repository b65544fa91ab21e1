using System.Security.Cryptography;

namespace Iggy.Grains;

/// <summary><c>spare.space</c>, a file in the data folder that only takes space. On a full disk it is given up, so that the server can start, and write
/// down what it removes: a removal frees space only after it is written.</summary>
internal static class SpareFile
{
    public const string Name = "spare.space";
    public const int Bytes = 1 << 20; // some hundred rows, and the files of SQLite
    private const long RoomWanted = Bytes + (Bytes / 4); // before it is taken again

    /// <summary>Takes the space if it is not taken and there is room.</summary>
    public static void TakeIfRoom(string root)
    {
        if (Length(root) >= Bytes || FreeBytes(root) < RoomWanted)
            return;
        try
        {
            File.WriteAllBytes(PathIn(root), RandomNumberGenerator.GetBytes(Bytes)); // random, for some file systems store zeros nowhere
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(PathIn(root)); // somebody else was faster; it is tried again
        }
    }

    /// <summary>Gives the space up, if it is taken.</summary>
    public static bool TryRelease(string root)
    {
        if (Length(root) == 0)
            return false;
        File.Delete(PathIn(root));
        return true;
    }

    /// <summary>Gives the space up when the disk is full: for the first steps of a start.</summary>
    public static void ReleaseIfFull(string root)
    {
        if (FreeBytes(root) < Bytes)
            TryRelease(root);
    }

    private static string PathIn(string root) => Path.Combine(root, Name);

    private static long Length(string root) => new FileInfo(PathIn(root)) is { Exists: true } file ? file.Length : 0;

    private static long FreeBytes(string root) => new DriveInfo(root).AvailableFreeSpace;
}
