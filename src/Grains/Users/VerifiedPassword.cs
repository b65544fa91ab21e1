using System.Security.Cryptography;
using System.Text;

namespace Iggy.Grains.Users;

/// <summary>Remembers the last right password of one user, so that a program's hundred connections cost one slow hash and not a hundred.</summary>
/// <remarks>Only a keyed digest is kept, in memory only, under a key that is drawn for each activation: it says nothing without this process's
/// memory, which holds the password of each login for a moment anyway. Bound to the hash, so a changed password forgets it.</remarks>
internal sealed class VerifiedPassword
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private byte[]? _digest;
    private string? _hash;

    public bool Is(string password, string? hash) =>
        _digest is not null && _hash == hash && CryptographicOperations.FixedTimeEquals(_digest, Digest(password));

    public void Remember(string password, string hash) => (_digest, _hash) = (Digest(password), hash);

    private byte[] Digest(string password) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(password));
}
