using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>Page tokens of listings: bound to their query, good for six hours.</summary>
internal sealed class PageTokens(DriveSimulator simulator, TimeProvider clock)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(6);

    /// <param name="query">Everything that the page belongs to.</param>
    /// <param name="after">The last file handed over.</param>
    public string Make(string query, string after) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"~!!~{Bind(query)} {clock.GetUtcNow().ToUnixTimeMilliseconds()} {after}"));

    /// <returns>The file after which to go on, or null to begin.</returns>
    public string? Read(string? token, string query)
    {
        if (string.IsNullOrEmpty(token))
        {
            return null;
        }

        var parts = Base64Url.IsValid(token) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(' ') : [];
        return !simulator.Trouble.RejectPageTokens
            && parts is [['~', '!', '!', '~', .. var bound], var made, var after]
            && bound == Bind(query)
            && long.TryParse(made, CultureInfo.InvariantCulture, out var at)
            && DateTimeOffset.FromUnixTimeMilliseconds(at) + Life > clock.GetUtcNow()
                ? after
                : throw DriveFault.Invalid("pageToken");
    }

    private static string Bind(string query) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(query)))[..16];
}
