namespace Iggy.Grains;

/// <summary>Another server holds the data folder. Nothing in it was touched.</summary>
/// <param name="path">The folder.</param>
/// <param name="holder">Who holds it: process, machine and start time.</param>
/// <param name="inner">What the operating system said.</param>
public sealed class DataFolderInUseException(string path, string holder, Exception inner)
    : Exception($"The data folder {path} is in use by {holder}.", inner)
{
    /// <summary>Process, machine and start time of the holder.</summary>
    public string Holder { get; } = holder;
}
