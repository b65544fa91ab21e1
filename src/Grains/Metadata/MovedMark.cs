using Iggy.Primitives;

namespace Iggy.Grains.Metadata;

/// <summary><c>metadata.moved</c> in the data folder: what <c>metadata.db</c> held was copied to PostgreSQL, and is older than what lies there.</summary>
internal static class MovedMark
{
    public const string Name = "metadata.moved";

    public static void Write(DataFolder folder, string where) => AtomicFile.Write(Path.Combine(folder.Root, Name), where + "\n");

    /// <exception cref="MetadataStoreException">The metadata is elsewhere.</exception>
    public static void RefuseMoved(DataFolder folder)
    {
        var path = Path.Combine(folder.Root, Name);
        if (!File.Exists(path))
            return;
        throw new MetadataStoreException(
            $"The metadata of {folder.Root} was copied to PostgreSQL ({File.ReadAllText(path).Trim()}), so {folder.MetadataPath} is out of date. Start with "
            + $"Iggy:Metadata:Store=PostgreSql and Iggy:Metadata:ConnectionString; to go on from the state before the copy, remove {path}.");
    }
}
