using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sous.Plugins.Host.Syncing;

/// <summary>How far a sync's due instants are moved, so that not all of them come at once: the same for the same sync, always.</summary>
/// <param name="Fraction">At least 0, less than 1.</param>
/// <param name="Most">The longest move.</param>
internal readonly record struct Jitter(double Fraction, TimeSpan Most)
{
    public static Jitter Of(SyncKey key, TimeSpan most)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key.ToString()), hash);
        return new Jitter(BinaryPrimitives.ReadUInt32LittleEndian(hash) / (uint.MaxValue + 1.0), most);
    }

    /// <summary>The move where the next due instant is this far away: at most a quarter of it.</summary>
    public TimeSpan Within(TimeSpan gap) => Fraction * (gap > 4 * Most || gap <= TimeSpan.Zero ? Most : gap / 4);
}
