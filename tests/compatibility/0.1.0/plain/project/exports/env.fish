set -gx ARKA_PROFILE 'work'
set -gx ARKA_API_KEY 'arka_wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww9f3c'
set -gx ARKA_API_URL 'https://arka-ai.com'
