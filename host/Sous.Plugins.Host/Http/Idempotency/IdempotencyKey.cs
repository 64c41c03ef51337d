using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Sous.Plugins.Host.Credentials;

namespace Sous.Plugins.Host.Http.Idempotency;

/// <summary>
/// What a caller names a request by, together with the API key that it came with: what is kept under both is found and read by
/// who sends both again, and by nobody else. The host keeps neither.
/// </summary>
internal sealed class IdempotencyKey
{
    public const string Header = "Idempotency-Key";
    public const int Longest = 255;

    private const int Size = 32;

    private readonly byte[] _secret;

    private IdempotencyKey(string apiKey, string text)
    {
        var derived = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(apiKey), 2 * Size, info: Encoding.UTF8.GetBytes($"sous idempotency {text}"));
        (Id, _secret) = (Base64Url.EncodeToString(derived.AsSpan(0, Size)), derived[Size..]);
    }

    /// <summary>What it is found by.</summary>
    public string Id { get; }

    /// <param name="header">A text in quotes, as the draft of the header's specification has it, or without.</param>
    /// <returns>Whether it is one text of visible ASCII, of at most <see cref="Longest"/> characters.</returns>
    public static bool TryRead(StringValues header, string apiKey, [NotNullWhen(true)] out IdempotencyKey? key)
    {
        var text = header.Count == 1 ? header[0]?.Trim() ?? "" : "";
        if (text.Length > 2 && text[0] == '"' && text[^1] == '"')
        {
            text = text[1..^1];
        }

        key = text.Length is > 0 and <= Longest && text.All(static character => character is > ' ' and < '\u007f' and not '"') ? new IdempotencyKey(apiKey, text) : null;
        return key is not null;
    }

    /// <summary>Tells one request from another, and nothing of what is in it.</summary>
    public string FingerprintOf(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _secret);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method}\n{request.Path}{request.QueryString}\n"));
        hash.AppendData(body);
        return Base64Url.EncodeToString(hash.GetHashAndReset());
    }

    public string Seal(KeptAnswer answer)
    {
        using var cipher = new Aes256Gcm(_secret);
        return Base64Url.EncodeToString(cipher.Seal(JsonSerializer.SerializeToUtf8Bytes(answer, IdempotencyJson.Default.KeptAnswer), Encoding.UTF8.GetBytes(Id)));
    }

    public KeptAnswer Open(string answer)
    {
        using var cipher = new Aes256Gcm(_secret);
        return JsonSerializer.Deserialize(cipher.Open(Base64Url.DecodeFromChars(answer), Encoding.UTF8.GetBytes(Id)), IdempotencyJson.Default.KeptAnswer)
            ?? throw new JsonException("The kept answer is null.");
    }
}
