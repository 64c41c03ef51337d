using System.Security.Cryptography;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Live.Development;

/// <summary>
/// What a service answered a driver, so that another build of the driver gets the same answers without the service. It is kept in
/// memory alone, and only so much of it. Safe for many threads.
/// </summary>
internal sealed class ServiceTape
{
    private const int MostAnswers = 32;
    private const int MostBytes = 8 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<RecordedAnswer>> _answers = new(StringComparer.Ordinal);
    private int _count;
    private long _bytes;

    /// <summary>By what a request is known again: method, address and body, and nothing of its headers.</summary>
    public static async Task<string> KeyOfAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is not { } content)
        {
            return $"{request.Method} {request.RequestUri}";
        }

        await content.LoadIntoBufferAsync(cancellationToken);
        return $"{request.Method} {request.RequestUri} {Convert.ToHexString(SHA256.HashData(await content.ReadAsByteArrayAsync(cancellationToken)))}";
    }

    /// <summary>Reads an answer to its end, and keeps it.</summary>
    /// <exception cref="DriverException">That would be more than is kept.</exception>
    public async Task<RecordedAnswer> TakeAsync(string key, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MostBytes, cancellationToken);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw TooMuch();
        }

        var answer = new RecordedAnswer(
            response.StatusCode,
            [.. response.Headers.Concat(response.Content.Headers).Select(static header => (header.Key, header.Value.ToArray()))],
            await response.Content.ReadAsByteArrayAsync(cancellationToken));
        lock (_gate)
        {
            if (_count == MostAnswers || _bytes + answer.Body.Length > MostBytes)
            {
                throw TooMuch();
            }

            (_count, _bytes) = (_count + 1, _bytes + answer.Body.Length);
            if (!_answers.TryGetValue(key, out var known))
            {
                _answers[key] = known = [];
            }

            known.Add(answer);
        }

        return answer;
    }

    /// <summary>What a request was answered the so-manieth time, or the last time; null where it was never made.</summary>
    public RecordedAnswer? Find(string key, int time)
    {
        lock (_gate)
        {
            return _answers.TryGetValue(key, out var known) ? known[Math.Min(time, known.Count - 1)] : null;
        }
    }

    private static DriverException TooMuch()
        => new(FailureKind.Misconfigured, $"The first page with records takes more than {MostAnswers} answers of the service or {MostBytes >> 20} MiB: name another stream or location.");
}
