using System.Security.Cryptography;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>The 32 bytes outside the database that everything else hangs on. They wrap the key ring; hosts that share a database know each other by them; they are used for nothing else.</summary>
internal sealed class MasterKey
{
    public const int Size = 32;

    private const UnixFileMode NotTheOwners = (UnixFileMode)0b000_111_111;

    private readonly byte[] _key;

    public MasterKey(ReadOnlySpan<byte> key, MasterKeySource source, string origin)
    {
        if (key.Length != Size)
        {
            throw new BootGateException($"The master key in {origin} has {key.Length} bytes; {Size} are needed, written in base64.");
        }

        _key = key.ToArray();
        Source = source;
        Origin = origin;
        Span<byte> id = stackalloc byte[8];
        Derive(id, [], "Sous.MasterKey.id"u8);
        Id = Convert.ToHexStringLower(id);
    }

    public MasterKeySource Source { get; }

    /// <summary>Where it came from, for sentences.</summary>
    public string Origin { get; }

    /// <summary>Tells keys apart without telling anything of the key.</summary>
    public string Id { get; }

    /// <summary>The key that is configured, or the one generated before, or null. Writes nothing.</summary>
    /// <param name="kid">The id that the ring asks for, or null where there is no ring.</param>
    /// <exception cref="BootGateException">There is one, and it cannot be used.</exception>
    public static MasterKey? Find(IConfiguration configuration, DataFolder folder, string? kid)
    {
        var (file, text) = (configuration["MasterKeyFile"], configuration["MasterKey"]);
        if (!string.IsNullOrEmpty(file) && !string.IsNullOrEmpty(text))
        {
            throw new BootGateException("Both SOUS_MasterKeyFile and SOUS_MasterKey are set; set one.");
        }

        if (!string.IsNullOrEmpty(file))
        {
            return Read(file, MasterKeySource.File);
        }

        if (!string.IsNullOrEmpty(text))
        {
            return Parse(text, MasterKeySource.Setting, "SOUS_MasterKey");
        }

        return new GeneratedKeyFile(folder).Find(kid);
    }

    /// <summary>Reads a key file.</summary>
    /// <exception cref="BootGateException">It cannot be used.</exception>
    public static MasterKey Read(string file, MasterKeySource source)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & NotTheOwners) != 0)
            {
                throw new BootGateException($"The master key file {file} can be read by others than its owner; set its mode to 0600 or 0400.");
            }

            return Parse(File.ReadAllText(file), source, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BootGateException($"The master key file {file} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Writes the key to a file of mode 0600, whole when it returns.</summary>
    public void WriteTo(string path)
    {
        DataFolder.CreateOwnerOnly(path);
        using var file = new FileStream(path, FileMode.Truncate);
        using var writer = new StreamWriter(file);
        writer.WriteLine(Convert.ToBase64String(_key));
        writer.Flush();
        file.Flush(flushToDisk: true);
    }

    /// <summary>Why this key may not serve these addresses, or null: a key that lies beside the data protects nothing from who reaches the data.</summary>
    /// <param name="addresses">Every listener and the public URL.</param>
    public string? RefusalFor(IEnumerable<string> addresses)
    {
        var reachable = Source == MasterKeySource.Generated ? LoopbackAddress.FindOther(addresses) : null;
        return reachable is null
            ? null
            : $"The master key was generated ({Origin}), which is allowed on loopback only, and {reachable} is not loopback: "
                + "move the key out of the data folder and name it in SOUS_MasterKeyFile.";
    }

    /// <summary>Fills <paramref name="output"/> with key material for one purpose (HKDF-SHA256).</summary>
    public void Derive(Span<byte> output, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, output, salt, purpose);

    public override string ToString() => $"master key {Id}";

    private static MasterKey Parse(string text, MasterKeySource source, string origin)
    {
        text = text.Trim();
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length)
            ? new MasterKey(bytes.AsSpan(0, length), source, origin)
            : throw new BootGateException($"The master key in {origin} is not base64.");
    }
}
