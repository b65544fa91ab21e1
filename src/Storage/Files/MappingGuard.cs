using System.Runtime.InteropServices;

namespace Iggy.Storage.Files;

/// <summary>
/// Keeps a page that is gone from ending the process: another program cut the file, or the disk cannot read it. The thread that touches such a page goes on
/// with an empty one of its own, and whoever owns the mapping learns that it cannot be trusted any more. Costs nothing until it happens.
/// </summary>
/// <remarks>
/// See docs/adr/0029. Linux on x64 only; elsewhere <see cref="IsInForce"/> is false, nothing may be mapped, and logs are read and written through their files.
/// </remarks>
internal static unsafe class MappingGuard
{
    /// <summary>Most mappings at a time: what the kernel allows a process by default (<c>vm.max_map_count</c>).</summary>
    public const int MaxMappings = 65_536;

    private static readonly Lock s_lock = new();
    private static readonly Stack<int> s_free = [];
    private static readonly FaultHandler.Table* s_table = AllocateTable();

    /// <summary>Whether mapped files are guarded in this process.</summary>
    public static bool IsInForce { get; } = FaultHandler.TryInstall(s_table);

    /// <summary>Guards a stretch of memory.</summary>
    /// <param name="start">Its first byte.</param>
    /// <param name="bytes">How long it is.</param>
    /// <param name="number">To ask and to give up with.</param>
    /// <returns>False when nothing can be guarded here, or too much is: the memory must not be touched.</returns>
    public static bool TryAdd(nint start, nuint bytes, out int number)
    {
        number = -1;
        if (!IsInForce)
            return false;
        lock (s_lock)
        {
            if (!s_free.TryPop(out number))
            {
                if (s_table->Count == MaxMappings)
                    return false;
                number = (int)s_table->Count;
            }
            var entry = Entry(number);
            entry->LostPages = 0;
            Volatile.Write(ref entry->End, start + (nint)bytes);
            Volatile.Write(ref entry->Start, start); // last: a handler that runs on another thread meanwhile sees an empty stretch or this one
            Volatile.Write(ref s_table->Count, Math.Max(s_table->Count, number + 1));
            return true;
        }
    }

    /// <summary>Whether a page of it was replaced.</summary>
    public static bool HasLost(int number) => Volatile.Read(ref Entry(number)->LostPages) != 0;

    /// <summary>Guards it no more. To be called before it is unmapped.</summary>
    public static void Remove(int number)
    {
        lock (s_lock)
        {
            Volatile.Write(ref Entry(number)->Start, nint.MaxValue);
            Volatile.Write(ref Entry(number)->End, 0);
            s_free.Push(number);
        }
    }

    private static FaultHandler.Entry* Entry(int number) => (FaultHandler.Entry*)(s_table + 1) + number;

    // Never freed: the handler reads it as long as the process lives. Untouched parts of it are not in memory.
    private static FaultHandler.Table* AllocateTable()
        => (FaultHandler.Table*)NativeMemory.AllocZeroed((nuint)sizeof(FaultHandler.Table) + ((nuint)MaxMappings * (nuint)sizeof(FaultHandler.Entry)));
}
