using System.Text;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>GUIDs that follow from what they name.</summary>
internal static class Guids
{
    public static string Of(string kind, int index)
    {
        var dice = Dice.For(11, Encoding.UTF8.GetBytes(kind).Aggregate(17, static (sum, b) => (sum * 31) + b), index);
        return Next(ref dice);
    }

    public static string Next(ref Dice dice)
    {
        Span<byte> bytes = stackalloc byte[16];
        foreach (ref var b in bytes)
        {
            b = (byte)dice.Below(256);
        }

        // Version 4, variant 1: validators look at these.
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
